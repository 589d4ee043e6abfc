"""Contract evcli, section 8: projects and identities."""

from typing import Any

from tests.contract.evcli.rows import Row, cases, check, table
from tests.contract.evcli.scene import Scene, a_job, an_identity

HEADING, ROWS = table(
    ("ID", "NAME", "TYPE", "STATUS"),
    ("{other}", "other", "generic/api_key", "ready"),
    ("{token}", "token", "generic/api_key", "ready"),
)
EMPTY_HEADING, _ = table(("ID", "NAME", "TYPE", "STATUS"))
INVALID = "error: invalid request body:\ninvalid data:\n"
QUESTION = (
    'Project "{project}" will be deleted with everything it contains: jobs, job executions, events and identities. '
    "Do you want to continue? (yes/no) \n"
)


def project_exists(scene: Scene) -> bool:
    return scene.has(f"/projects/name/{scene.project}")


def project_is_gone(scene: Scene) -> bool:
    return not project_exists(scene)


def data_of(scene: Scene, name: str) -> Any:
    return scene.client.call("GET", f"/identities/name/{name}")["data"]


def a_user(scene: Scene) -> None:
    """Make the evcli of the scene log in with an account that is no administrator."""
    name = f"user-{scene.project}"
    scene.client.call("POST", "/accounts", {"username": name, "password": "pass word", "role": "user"})
    answer = scene.evcli.run("login", "--force", "-u", name, stdin="pass word\n")
    assert answer.status == 0


CREATING_PROJECTS = (
    Row(
        "creates it",
        "create-project {project}-x",
        stderr="project {project}-x created\n",
        then=lambda scene: scene.has(f"/projects/name/{scene.project}-x"),
    ),
    Row(
        "a name that is taken",
        "create-project {project}",
        stderr='error: there is already a project named "{project}"\n',
        status=1,
    ),
    Row(
        "a name that is none",
        "create-project X",
        stderr="error: invalid request body:\n«text»\n  /name: «text»\n",
        status=1,
    ),
    Row("not for users", "create-project {project}-x", stderr="error: «text»\n", status=1, given=(a_user,)),
)
DELETING_PROJECTS = (
    Row("yes", "delete-project {project}", stderr=QUESTION, stdin="yes\n", then=project_is_gone),
    Row(
        "yes in any case, with spaces",
        "delete-project {project}",
        stderr=QUESTION,
        stdin=" YES \n",
        then=project_is_gone,
    ),
    Row("-y asks nothing", "-y delete-project {project}", then=project_is_gone),
    Row("--yes after the command", "delete-project {project} --yes", then=project_is_gone),
    *(
        Row(
            f"anything else is no: {answer!r}",
            "delete-project {project}",
            stderr=f"{QUESTION}deletion cancelled\n",
            stdin=answer,
            then=project_exists,
        )
        for answer in ("y\n", "no\n", "\n", "")
    ),
    Row("an unknown project", "-y delete-project none", stderr='error: unknown project "none"\n', status=1),
)
LISTING_IDENTITIES = (
    Row("an identity each", "list-identities", ROWS, HEADING, given=(an_identity(), an_identity("other"))),
    Row("the heading even without identities", "list-identities", "", EMPTY_HEADING),
)
CREATING_IDENTITIES = (
    Row(
        "fields are split at the first sign",
        "create-identity token generic api_key key=a=b",
        stderr="identity token created\n",
        then=lambda scene: data_of(scene, "token") == {"key": "a=b"},
    ),
    Row(
        "a field without a value",
        "create-identity token generic api_key key",
        stderr='error: invalid field "key": it must look like <key>=<value>\n',
        status=1,
        then=lambda scene: not scene.has("/identities/name/token"),
    ),
    Row(
        "a field without a name",
        "create-identity token generic api_key =x",
        stderr='error: invalid field "=x": it must look like <key>=<value>\n',
        status=1,
    ),
    Row(
        "a field that is missing",
        "create-identity token generic api_key",
        stderr=f"{INVALID}  /data/key: «text»\n",
        status=1,
    ),
    Row(
        "an unknown type",
        "create-identity token generic none",
        stderr="error: invalid request body: «text»\n",
        status=1,
    ),
    Row(
        "a name that is taken",
        "create-identity token generic api_key key=x",
        stderr='error: there is already an identity named "token"\n',
        status=1,
        given=(an_identity(),),
    ),
    Row(
        "not where a browser is needed",
        "create-identity o generic oauth2 issuer=https://x client_id=a client_secret=b 'scopes:=[\"x\"]'",
        stderr="error: «text»\n",
        status=1,
        then=lambda scene: not scene.has("/identities/name/o"),
    ),
    Row(
        "arguments that are missing",
        "create-identity token",
        stderr="error: missing argument(s): <connector>, <type>\n\nUsage: «text»\n",
        status=1,
    ),
)
UPDATING_IDENTITIES = (
    Row(
        "replaces all but the name",
        "update-identity token generic password password=x",
        stderr="identity token updated\n",
        given=(an_identity(),),
        then=lambda scene: data_of(scene, "token") == {"password": "x"},
    ),
    Row(
        "an unknown identity",
        "update-identity none generic api_key key=x",
        stderr='error: unknown identity "none"\n',
        status=1,
    ),
)
DELETING_IDENTITIES = (
    Row(
        "deletes without a question",
        "delete-identity token",
        stderr="identity {token} deleted\n",
        given=(an_identity(),),
        then=lambda scene: not scene.has("/identities/name/token"),
    ),
    Row(
        "not while a job uses it",
        "delete-identity token",
        stderr="error: «text»\n",
        status=1,
        given=(an_identity(), a_job(identities=["token"])),
        then=lambda scene: scene.has("/identities/name/token"),
    ),
    Row("an unknown identity", "delete-identity none", stderr='error: unknown identity "none"\n', status=1),
)


@cases([*CREATING_PROJECTS, *DELETING_PROJECTS])
def test_a_command_about_projects_keeps_the_contract(scene: Scene, row: Row) -> None:
    check(row, scene)


@cases([*LISTING_IDENTITIES, *CREATING_IDENTITIES, *UPDATING_IDENTITIES, *DELETING_IDENTITIES])
def test_a_command_about_identities_keeps_the_contract(scene: Scene, row: Row) -> None:
    check(row, scene)


def test_projects_are_listed_by_name_with_their_ids(scene: Scene) -> None:
    result = scene.evcli.run("list-projects")

    rows = [line.split() for line in result.stdout.splitlines()]
    assert result.stderr.split() == ["ID", "NAME"]
    assert [scene.names["project_id"], scene.project] in rows
    assert [name for _, name in rows] == sorted(name for _, name in rows)
    assert {len(line) for line in result.stdout.splitlines()} == {len(result.stderr) - 1}
