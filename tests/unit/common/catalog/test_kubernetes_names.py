"""What Kubernetes accepts as names and labels."""

import pytest

from eventline_common.catalog.kubernetes_names import is_label_key, is_label_value, is_namespace


@pytest.mark.parametrize("text", ["a", "app.kubernetes.io/name", "A_b.c-1", "x" * 63, "a" * 63 + "/" + "b" * 63, "1/2"])
def test_keys_of_labels_are_accepted(text: str) -> None:
    assert is_label_key(text)


@pytest.mark.parametrize(
    "text", ["", "/a", "a/", "-a", "a-", "x" * 64, "a/b/c", "A.com/b", "a..b/c", "a b", "a" * 64 + "/b", "a\n", "é"]
)
def test_other_keys_are_refused(text: str) -> None:
    assert not is_label_key(text)


@pytest.mark.parametrize(("text", "accepted"), [("", True), ("A_b.c-1", True), ("x" * 64, False), ("a b", False)])
def test_values_of_labels_are_empty_or_short_names(text: str, accepted: bool) -> None:
    assert is_label_value(text) is accepted


@pytest.mark.parametrize(
    ("text", "accepted"), [("default", True), ("a-1", True), ("A", False), ("a.b", False), ("", False)]
)
def test_namespaces_are_dns_labels(text: str, accepted: bool) -> None:
    assert is_namespace(text) is accepted
