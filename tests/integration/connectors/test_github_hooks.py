"""Hooks at GitHub: created, found again, updated, removed, whatever GitHub says (identities-connectors, section 8)."""

from datetime import timedelta

import pytest

from eventline_common.ids import ProjectId
from tests.integration.connectors.github_hooks import HOOKS, SECRET, Connectors


@pytest.fixture
def connectors(connectors_with_github: Connectors) -> Connectors:
    return connectors_with_github


@pytest.mark.parametrize("type", ["token", "oauth2"])
@pytest.mark.parametrize(("repository", "target"), [("", "octo"), ("hello", "octo:hello")])
async def test_a_subscription_creates_its_hook(connectors: Connectors, type: str, repository: str, target: str) -> None:
    identity = await connectors.identity("bob", target, type=type)
    id = await connectors.subscribe("first", "octo", repository, identity=identity)

    await connectors.work()

    assert await connectors.status(id) == ("active", None)
    [hook] = connectors.at_github(target)
    assert (hook["events"], hook["active"]) == (["*"], True)
    assert hook["config"] == {
        "url": f"{HOOKS}/{target}", "content_type": "json", "secret": SECRET, "insecure_ssl": "0",
    }  # fmt: skip
    assert await connectors.known_hooks() == {target: hook["id"]}


async def test_subscriptions_to_one_target_share_a_hook_until_the_last_one_ends(connectors: Connectors) -> None:
    identity = await connectors.identity("bob", "octo:hello")
    first = await connectors.subscribe("first", "octo", "hello", identity=identity)
    second = await connectors.subscribe("second", "Octo", "Hello", identity=identity)
    await connectors.work()
    shared = len(connectors.at_github("octo:hello"))

    left = []
    for id in (first, second):
        await connectors.terminate(id)
        await connectors.work()
        left.append(len(connectors.at_github("octo:hello")))

    assert (shared, left) == (1, [1, 0])
    assert await connectors.known_hooks() == {}
    assert [await connectors.status(id) for id in (first, second)] == [("ended", None)] * 2


async def test_a_job_that_is_deployed_anew_keeps_the_hook_and_does_not_wait(connectors: Connectors) -> None:
    identity = await connectors.identity("bob", "octo")
    before = await connectors.subscribe("first", "octo", identity=identity)
    await connectors.work()
    hooks = connectors.at_github("octo")
    await connectors.terminate(before)
    after = await connectors.subscribe("second", "octo", identity=identity)

    await connectors.work()

    assert [await connectors.status(id) for id in (before, after)] == [("ended", None), ("active", None)]
    assert connectors.at_github("octo") == hooks


async def test_a_subscription_with_many_events_ends_piece_by_piece(connectors: Connectors) -> None:
    id = await connectors.subscribe("first", "octo", identity=await connectors.identity("bob", "octo"))
    await connectors.work()
    async with connectors.database.transaction() as tx:
        await tx.execute(
            "INSERT INTO events (id, project_id, job_id, subscription_id, occurrence, creation_time, event_time,"
            " connector, name, data)"
            " SELECT lpad(n::text, 27, '0'), project_id, job_id, id, n::text, now(), now(), 'github', 'push', '{}'"
            " FROM subscriptions, generate_series(1, 5) n"
        )
    await connectors.terminate(id)

    statuses = []
    for _ in range(3):
        await connectors.work(detach_limit=2)
        statuses.append((await connectors.status(id))[0])
        connectors.clock.advance(1)

    assert statuses == ["terminating", "terminating", "ended"]
    assert connectors.at_github("octo") == []


async def test_an_organization_never_borrows_the_hook_of_a_repository(connectors: Connectors) -> None:
    identity = await connectors.identity("bob", "octo:hello", "octo")
    await connectors.subscribe("first", "octo", "hello", identity=identity)
    await connectors.subscribe("second", "octo", identity=identity)

    await connectors.work()

    assert (len(connectors.at_github("octo:hello")), len(connectors.at_github("octo"))) == (1, 1)


async def test_a_hook_of_an_original_server_is_found_again_on_any_page_and_updated(connectors: Connectors) -> None:
    for number in range(7):
        connectors.github.add_hook("octo:hello", f"https://ci.example.com/{number}")
    existing = connectors.github.add_hook("octo:hello", f"{HOOKS}/octo:hello", content_type="form", secret="old")
    identity = await connectors.identity("bob", "octo:hello")
    id = await connectors.subscribe("first", "octo", "hello", identity=identity)

    await connectors.work()

    assert await connectors.status(id) == ("active", None)
    assert await connectors.known_hooks() == {"octo:hello": existing}
    hook = connectors.github.hooks["octo:hello"][existing]
    assert (hook["events"], hook["config"]["secret"], hook["config"]["content_type"]) == (["*"], SECRET, "json")
    assert connectors.github.count("GET /repos/octo/hello/hooks") == 3
    assert len(connectors.at_github("octo:hello")) == 8


async def test_a_hook_that_somebody_removed_is_created_again(connectors: Connectors) -> None:
    identity = await connectors.identity("bob", "octo")
    first = await connectors.subscribe("first", "octo", identity=identity)
    await connectors.work()
    connectors.github.hooks.clear()
    await connectors.terminate(first)
    second = await connectors.subscribe("second", "octo", identity=identity)

    await connectors.work()

    assert [await connectors.status(id) for id in (first, second)] == [("ended", None), ("active", None)]
    [hook] = connectors.at_github("octo")
    assert await connectors.known_hooks() == {"octo": hook["id"]}


async def test_missing_rights_are_told_and_tried_again_later_and_later(connectors: Connectors) -> None:
    identity = await connectors.identity("bob")
    id = await connectors.subscribe("first", "octo", "hello", identity=identity)

    delays = []
    for _ in range(6):
        await connectors.work()
        row = await connectors.row(id)
        assert row is not None
        delays.append((row["next_update_time"] - connectors.clock.now()).total_seconds())
        connectors.clock.set(row["next_update_time"])
    status, error = await connectors.status(id)

    assert delays == [5, 10, 20, 40, 60, 60]
    assert status == "inactive"
    assert error is not None
    assert error.startswith("GitHub answered 404 to POST /repos/octo/hello/hooks: Not Found; ")
    assert "admin:repo_hook" in error
    connectors.github.rights["bob:secret"].add("octo:hello")
    await connectors.work()
    assert await connectors.status(id) == ("active", None)


async def test_one_failing_subscription_blocks_no_other(connectors: Connectors) -> None:
    powerless, able = await connectors.identity("eve"), await connectors.identity("bob", "octo")
    failing = [await connectors.subscribe(f"job-{n}", f"org-{n}", identity=powerless) for n in range(9)]
    good = await connectors.subscribe("good", "octo", identity=able)

    await connectors.work()

    assert {(await connectors.status(id))[0] for id in failing} == {"inactive"}
    assert await connectors.status(good) == ("active", None)


@pytest.mark.parametrize(
    ("status", "headers", "wait"),
    [(403, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1767227400"}, 1800), (429, {"Retry-After": "90"}, 90),
     (403, {"Retry-After": "7"}, 7), (429, {}, 60), (403, {}, 5)],
)  # fmt: skip
async def test_rate_limits_are_respected(
    connectors: Connectors, status: int, headers: dict[str, str], wait: int
) -> None:
    """The clock stands at 2026-01-01 00:00 UTC, the limit of the first row ends half an hour later."""
    identity = await connectors.identity("bob", "octo")
    id = await connectors.subscribe("first", "octo", identity=identity)
    connectors.github.disasters = [(status, {"message": "slow down"}, headers)]

    await connectors.work()

    row = await connectors.row(id)
    assert row is not None
    assert row["next_update_time"] == connectors.clock.now() + timedelta(seconds=wait)
    assert f"GitHub answered {status}" in row["error_message"]
    connectors.clock.advance(wait)
    await connectors.work()
    assert await connectors.status(id) == ("active", None)


async def test_a_github_that_is_down_or_talks_nonsense_is_tried_again(connectors: Connectors) -> None:
    identity = await connectors.identity("bob", "octo")
    id = await connectors.subscribe("first", "octo", identity=identity)
    errors = []

    connectors.github.disasters = [(502, "Bad gateway", {}), (201, ["no hook"], {})]
    for _ in range(2):
        await connectors.work()
        errors.append((await connectors.status(id))[1])
        connectors.clock.advance(60)
    uri, connectors.github.uri = connectors.github.uri, "http://127.0.0.1:1"
    await connectors.work()
    errors.append((await connectors.status(id))[1])
    connectors.github.uri = uri
    connectors.clock.advance(60)
    await connectors.work()

    assert errors[0] == "GitHub answered 502 to POST /orgs/octo/hooks"
    assert errors[1] == "GitHub created a hook without an id"
    assert errors[2] is not None
    assert errors[2].startswith("http://127.0.0.1:1/orgs/octo/hooks cannot be reached")
    assert await connectors.status(id) == ("active", None)


async def test_a_refused_configuration_shows_the_reason_of_github(connectors: Connectors) -> None:
    identity = await connectors.identity("bob", "octo")
    id = await connectors.subscribe("first", "octo", identity=identity)
    reason = {"message": "Validation Failed", "errors": [{"message": "url is not reachable from the internet"}]}
    connectors.github.disasters = [(422, reason, {})]

    await connectors.work()

    assert await connectors.status(id) == (
        "inactive",
        "GitHub answered 422 to POST /orgs/octo/hooks: Validation Failed; url is not reachable from the internet",
    )


async def test_without_a_usable_identity_no_hook_is_made(connectors: Connectors) -> None:
    pending = await connectors.identity("bob", "octo", type="oauth2", status="pending")
    ids = [
        await connectors.subscribe("first", "octo"),
        await connectors.subscribe("second", "hexa", identity=pending),
    ]

    await connectors.work()

    for id in ids:
        status, error = await connectors.status(id)
        assert (status, error is not None and "needs an identity" in error) == ("inactive", True)
    assert connectors.github.requests == []


async def test_a_disabled_connector_says_so(connectors: Connectors) -> None:
    id = await connectors.subscribe("first", "octo", identity=await connectors.identity("bob", "octo"))

    await connectors.work(enabled=False)

    status, error = await connectors.status(id)
    assert (status, error is not None and "connectors.github.enabled" in error) == ("inactive", True)


async def test_a_hook_that_cannot_be_removed_now_is_removed_later(connectors: Connectors) -> None:
    id = await connectors.subscribe("first", "octo", identity=await connectors.identity("bob", "octo"))
    await connectors.work()
    await connectors.terminate(id)
    connectors.github.disasters = [(500, {}, {})]

    await connectors.work()
    first = await connectors.status(id), len(connectors.at_github("octo"))
    connectors.clock.advance(5)
    await connectors.work()

    assert first == (("terminating", "GitHub answered 500 to DELETE /orgs/octo/hooks/1001"), 1)
    assert (await connectors.status(id), connectors.at_github("octo")) == (("ended", None), [])


@pytest.mark.parametrize(
    "disaster", ["hook removed by hand", "no rights any more", "identity revoked", "down for ever"]
)
async def test_a_subscription_ends_even_if_its_hook_cannot_be_removed(connectors: Connectors, disaster: str) -> None:
    id = await connectors.subscribe("first", "octo", identity=await connectors.identity("bob", "octo"))
    await connectors.work()
    await connectors.terminate(id)
    match disaster:
        case "hook removed by hand":
            connectors.github.hooks.clear()
        case "no rights any more":
            connectors.github.rights["bob:secret"].clear()
        case "identity revoked":
            connectors.github.rights.clear()
        case _:
            connectors.github.disasters = [(500, {}, {})] * 100

    tries = 0
    while (await connectors.status(id))[0] != "ended":
        await connectors.work()
        connectors.clock.advance(60)
        tries += 1

    assert tries == (6 if disaster == "down for ever" else 1)
    assert await connectors.known_hooks() == {}


async def test_a_deleted_project_takes_its_hooks_along_and_then_the_identity(
    connectors: Connectors, project_id: ProjectId
) -> None:
    """What the API does: the identity stays, without a project, until its last subscription has ended."""
    id = await connectors.subscribe("first", "octo", identity=await connectors.identity("bob", "octo"))
    await connectors.work()
    await connectors.terminate(id)
    async with connectors.database.transaction() as tx:
        await tx.execute("DELETE FROM projects WHERE id = $1", project_id)

    await connectors.work()

    assert (await connectors.status(id), connectors.at_github("octo")) == (("ended", None), [])
    async with connectors.database.connection() as tx:
        assert await tx.fetchval("SELECT count(*) FROM identities") == 0


async def test_a_hook_that_somebody_else_is_dealing_with_is_left_alone_for_a_moment(connectors: Connectors) -> None:
    id = await connectors.subscribe("first", "octo", identity=await connectors.identity("bob", "octo"))
    async with connectors.database.transaction() as tx:
        await tx.execute(
            "INSERT INTO github_hooks (target, organization, creation_time, claimed_until)"
            " VALUES ('octo', 'octo', $1, $2)",
            connectors.clock.now(), connectors.clock.now() + timedelta(minutes=2),
        )  # fmt: skip

    await connectors.work()
    row = await connectors.row(id)
    connectors.clock.advance(180)
    await connectors.work()

    assert row is not None
    assert (row["status"], row["error_message"], row["update_delay"]) == ("inactive", None, 0)
    assert row["next_update_time"] == connectors.clock.now() - timedelta(seconds=179)
    assert await connectors.status(id) == ("active", None)


async def test_a_subscription_that_is_ended_while_its_hook_is_made_leaves_nothing_behind(
    connectors: Connectors,
) -> None:
    id = await connectors.subscribe("first", "octo", identity=await connectors.identity("bob", "octo"))
    connectors.github.on_request = lambda: connectors.terminate(id)

    await connectors.work()
    connectors.github.on_request = None
    meanwhile = await connectors.status(id), len(connectors.at_github("octo"))
    await connectors.work()

    assert meanwhile[0][0] in ("terminating", "ended")
    assert (await connectors.status(id), connectors.at_github("octo")) == (("ended", None), [])


async def test_a_new_secret_or_address_is_told_to_github(connectors: Connectors) -> None:
    id = await connectors.subscribe("first", "octo", identity=await connectors.identity("bob", "octo"))
    await connectors.work()
    connectors.secret, connectors.web_uri = "a new secret", "https://new.example.com"

    await connectors.care()

    [hook] = connectors.at_github("octo")
    assert hook["config"]["secret"] == "a new secret"
    assert hook["config"]["url"] == "https://new.example.com/ext/connectors/github/hooks/octo"
    assert await connectors.status(id) == ("active", None)
