"""Contract evcli, section 8: the commands about jobs, one row per behaviour."""

import stat

from tests.contract.evcli.rows import Row, cases, check, table
from tests.contract.evcli.scene import Scene, a_file, a_job, an_identity

BUILD = """\
name: build
description: Build it.
trigger:
  event: time/tick
  parameters: {daily: {hour: 5}}
parameters:
  - name: branch
    type: string
    description: The branch.
    default: main
steps:
  - script: {path: scripts/build.sh, arguments: [x]}
"""
SCRIPT = "#!/bin/sh\necho build\n"
NIL = "0" * 27
INVALID = "name: Bad Name\nsteps: [{code: ls}]\n"
HEADING, ROWS = table(
    ("ID", "NAME", "EVENT", "RUNNER"),
    ("{build}", "build", "time/tick", "local"),
    ("{hello}", "hello", "", "local"),
)
HELLO = "Name: hello\nRunner name: local\n"
EMPTY_HEADING, _ = table(("ID", "NAME", "EVENT", "RUNNER"))
EXPORTED = """\
description: ""
name: hello
runner:
  name: local
  parameters: {}
steps:
  - code: echo hello
    label: Step 1
"""
TICK = {"event": "time/tick", "parameters": {"hourly": {}}}
DEPLOYABLE = (a_file("jobs/build.yaml", BUILD), a_file("jobs/scripts/build.sh", SCRIPT))


def the_job_has_its_script(scene: Scene) -> bool:
    step = scene.job("build")["spec"]["steps"][0]
    return bool(step["script"] == {"path": "scripts/build.sh", "arguments": ["x"], "content": SCRIPT})


def the_export_can_be_deployed_again(scene: Scene) -> None:
    exported, script = scene.directory / "out" / "build.yaml", scene.directory / "out" / "scripts" / "build.sh"
    assert (stat.S_IMODE(exported.stat().st_mode), stat.S_IMODE(script.stat().st_mode)) == (0o600, 0o700)
    assert script.read_text() == SCRIPT
    assert exported.read_text().startswith("description: Build it.\nname: build\nparameters:\n")
    before = scene.job("build")["spec"]
    scene.evcli.run("delete-job", "build", env=scene.environment({}))
    scene.evcli.run("deploy-job", "out/build.yaml", env=scene.environment({}))
    assert scene.job("build")["spec"] == before


LISTING = (
    Row("a job each, headings apart", "list-jobs", ROWS, HEADING, given=(a_job(), a_job("build", trigger=TICK))),
    Row("the heading even without jobs", "list-jobs", "", EMPTY_HEADING),
    Row("headings are no information", "-q list-jobs", "", EMPTY_HEADING),
    Row("no argument", "list-jobs x", "", "error: unexpected arguments: «text»\n\nUsage: «text»\n", 1),
)
DELETING = (
    Row(
        "deletes without a question",
        "delete-job hello",
        stderr="job {hello} deleted\n",
        given=(a_job(),),
        then=lambda scene: not scene.has("/jobs/name/hello"),
    ),
    Row("an unknown job", "delete-job none", stderr='error: unknown job "none"\n', status=1),
    Row(
        "a name is needed",
        "delete-job",
        stderr="error: missing argument(s): <name>\n\nUsage: evcli GLOBAL-OPTIONS delete-job COMMAND-OPTIONS <name>\n",
        status=1,
    ),
    Row(
        "one name only",
        "delete-job a b",
        stderr="error: too many arguments: «text»\n\nUsage: evcli GLOBAL-OPTIONS delete-job COMMAND-OPTIONS <name>\n",
        status=1,
    ),
)
DEPLOYING_ONE = (
    Row(
        "deploys, with the script",
        "deploy-job jobs/build.yaml",
        stderr="job «id» deployed\n",
        given=DEPLOYABLE,
        then=the_job_has_its_script,
    ),
    Row("quiet", "-q deploy-job jobs/build.yaml", given=DEPLOYABLE, then=the_job_has_its_script),
    Row(
        "a dry run",
        "deploy-job --dry-run jobs/build.yaml",
        stderr='job "build" is valid\n',
        given=DEPLOYABLE,
        then=lambda scene: not scene.has("/jobs/name/build"),
    ),
    Row(
        "a dry run, after the file", "deploy-job jobs/build.yaml -n", stderr='job "build" is valid\n', given=DEPLOYABLE
    ),
    Row(
        "problems with file and pointer",
        "deploy-job bad.yaml",
        stderr="error: the job cannot be deployed\nerror: bad.yaml: /name: «text»\n",
        status=1,
        given=(a_file("bad.yaml", INVALID),),
    ),
    Row(
        "problems in a dry run",
        "deploy-job -n bad.yaml",
        stderr="error: the job is invalid\nerror: bad.yaml: /name: «text»\n",
        status=1,
        given=(a_file("bad.yaml", INVALID),),
    ),
    Row(
        "a file that is not there",
        "deploy-job none.yaml",
        stderr='error: cannot read file "none.yaml": No such file or directory\n',
        status=1,
    ),
    Row(
        "a script that is not there",
        "deploy-job build.yaml",
        stderr='error: cannot read file "scripts/build.sh": No such file or directory\n',
        status=1,
        given=(a_file("build.yaml", BUILD),),
    ),
    Row(
        "what is no YAML",
        "deploy-job x.yaml",
        stderr='error: cannot decode job file "x.yaml": «text»\n',
        status=1,
        given=(a_file("x.yaml", "name: [\n"),),
    ),
    Row(
        "an unknown member",
        "deploy-job x.yaml",
        stderr='error: cannot decode job file "x.yaml": unknown member "nam" at the top level; «text»\n',
        status=1,
        given=(a_file("x.yaml", "nam: x\n"),),
    ),
)
TWO = (a_file("d/a.yml", "name: a\nsteps: [{code: ls}]\n"), a_file("d/e/b.yaml", "name: b\nsteps: [{code: ls}]\n"))
DEPLOYING_MANY = (
    Row(
        "a directory, not those in it",
        "deploy-jobs d",
        stderr="deploying 1 job\n1 job deployed\n",
        given=(*TWO, a_file("d/notes.txt", "no job")),
        then=lambda scene: scene.has("/jobs/name/a") and not scene.has("/jobs/name/b"),
    ),
    Row(
        "directories in directories",
        "deploy-jobs --recursive d",
        stderr="deploying 2 jobs\n2 jobs deployed\n",
        given=TWO,
        then=lambda scene: scene.has("/jobs/name/a") and scene.has("/jobs/name/b"),
    ),
    Row("options after paths", "deploy-jobs d -r -n", stderr="validating 2 jobs\n2 jobs validated\n", given=TWO),
    Row(
        "any file that is named",
        "deploy-jobs job",
        stderr="deploying 1 job\n1 job deployed\n",
        given=(a_file("job", "name: x\nsteps: [{code: ls}]\n"),),
        then=lambda scene: scene.has("/jobs/name/x"),
    ),
    Row("nothing at all", "deploy-jobs", stderr="deploying 0 jobs\n0 jobs deployed\n"),
    Row(
        "all or none",
        "deploy-jobs d bad.yaml",
        stderr="deploying 2 jobs\nerror: the jobs cannot be deployed\nerror: bad.yaml: /name: «text»\n",
        status=1,
        given=(*TWO, a_file("bad.yaml", INVALID)),
        then=lambda scene: not scene.has("/jobs/name/a"),
    ),
    Row(
        "a dry run finds the same",
        "deploy-jobs -n bad.yaml",
        stderr="validating 1 job\nerror: the jobs are invalid\nerror: bad.yaml: /name: «text»\n",
        status=1,
        given=(a_file("bad.yaml", INVALID),),
    ),
    Row(
        "an unreadable file stops everything",
        "deploy-jobs d none.yaml",
        stderr='error: cannot read file "none.yaml": No such file or directory\n',
        status=1,
        given=TWO,
        then=lambda scene: not scene.has("/jobs/name/a"),
    ),
)
PARAMETERS = [
    {"name": "branch", "type": "string", "description": "The branch.", "default": "main"},
    {"name": "count", "type": "integer"},
]
DESCRIBING = (
    Row(
        "all there is to say",
        "describe-job build",
        "Name: build\nDescription: Build it.\nTrigger event: time/tick\nRunner name: local\nParameters:\n"
        "  - branch: string\n    The branch.\n    Default: main\n",
        given=(a_job("build", description="Build it.", trigger=TICK, parameters=PARAMETERS[:1]),),
    ),
    Row("only what there is", "describe-job hello", HELLO, given=(a_job(),)),
    Row(
        "a parameter without a default",
        "describe-job x",
        "Name: x\nRunner name: local\nParameters:\n  - count: integer\n",
        given=(a_job("x", parameters=PARAMETERS[1:]),),
    ),
    Row("an unknown job", "describe-job none", stderr='error: unknown job "none"\n', status=1),
)
EXPORTING = (
    Row(
        "to the current directory",
        "export-job hello",
        stderr="job {hello} exported to hello.yaml\n",
        given=(a_job(),),
        then=lambda scene: (scene.directory / "hello.yaml").read_text() == EXPORTED,
    ),
    Row(
        "to another one, scripts beside it",
        "export-job -d out build",
        stderr="job «id» exported to out/build.yaml\n",
        given=(*DEPLOYABLE, lambda scene: scene.evcli.run("deploy-job", "jobs/build.yaml", env=scene.environment({}))),
        then=the_export_can_be_deployed_again,
    ),
    Row("an unknown job", "export-job none", stderr='error: unknown job "none"\n', status=1),
)
RENAMING = (
    Row(
        "keeps the description",
        "rename-job hello bye",
        stderr="job {hello} renamed\n",
        given=(a_job(description="Hi."),),
        then=lambda scene: scene.job("bye")["spec"]["description"] == "Hi.",
    ),
    Row(
        "replaces the description",
        "rename-job hello bye --description Bye.",
        stderr="job {hello} renamed\n",
        given=(a_job(description="Hi."),),
        then=lambda scene: scene.job("bye")["spec"]["description"] == "Bye.",
    ),
    Row(
        "clears the description",
        "rename-job -d '' hello bye",
        stderr="job {hello} renamed\n",
        given=(a_job(description="Hi."),),
        then=lambda scene: scene.job("bye")["spec"]["description"] == "",
    ),
    Row(
        "a name that is taken",
        "rename-job hello other",
        stderr='error: «text»"other"«text»\n',
        status=1,
        given=(a_job(), a_job("other")),
        then=lambda scene: scene.has("/jobs/name/hello"),
    ),
    Row(
        "a name that is none",
        "rename-job hello 'No Name'",
        stderr="error: invalid request body:\ninvalid data:\n  /name: «text»\n",
        status=1,
        given=(a_job(),),
    ),
)
SELECTING = (
    Row("-p", "-p {project} describe-job hello", HELLO, given=(a_job(),)),
    Row("--project", "describe-job --project {project} hello", HELLO, given=(a_job(),)),
    Row(
        "--project-name",
        "describe-job hello --project-name={project}",
        HELLO,
        given=(a_job(),),
    ),
    Row(
        "--project-id wins over names",
        "--project-id {project_id} -p none describe-job hello",
        HELLO,
        given=(a_job(),),
    ),
    Row(
        "options win over the environment",
        "-p {project} describe-job hello",
        HELLO,
        given=(a_job(),),
        environment={"EVENTLINE_PROJECT_ID": NIL},
    ),
    Row(
        "EVENTLINE_PROJECT_ID wins over EVENTLINE_PROJECT_NAME",
        "describe-job hello",
        HELLO,
        given=(a_job(),),
        environment={"EVENTLINE_PROJECT_ID": "{project_id}", "EVENTLINE_PROJECT_NAME": "none"},
    ),
    Row(
        "main without any choice",
        "describe-job hello",
        stderr='error: unknown job "hello"\n',
        status=1,
        given=(a_job(),),
        environment={"EVENTLINE_PROJECT_NAME": ""},
    ),
    Row(
        "an unknown project, before anything else is done",
        "-p none deploy-job none.yaml",
        stderr='error: unknown project "none"\n',
        status=1,
    ),
    Row(
        "an id that is none",
        "--project-id 'a b' list-jobs",
        stderr="error: invalid project id: it must be «text»\n",
        status=1,
    ),
    Row(
        "an id of no project", "--project-id 000000000000000000000000000 list-jobs", stderr="error: «text»\n", status=1
    ),
    Row("an empty name", "-p '' list-jobs", stderr="error: invalid project name: it must not be empty\n", status=1),
)


@cases([*LISTING, *DELETING, *DEPLOYING_ONE, *DEPLOYING_MANY, *DESCRIBING, *EXPORTING, *RENAMING])
def test_a_command_about_jobs_keeps_the_contract(scene: Scene, row: Row) -> None:
    check(row, scene)


@cases(SELECTING)
def test_a_project_is_selected(scene: Scene, row: Row) -> None:
    check(row, scene)


def test_lists_are_followed_to_their_end(scene: Scene) -> None:
    specifications = [{"name": f"job-{number:03}", "steps": [{"code": "ls"}]} for number in range(205)]
    scene.client.call("PUT", "/jobs", specifications)

    result = scene.evcli.run("list-jobs", env=scene.environment({}))

    assert [line.split()[1] for line in result.stdout.splitlines()] == [each["name"] for each in specifications]


def test_an_identity_that_is_missing_is_a_problem_of_the_file(scene: Scene) -> None:
    scene.write("x.yaml", "name: x\nidentities: [token]\nsteps: [{code: ls}]\n")

    refused = scene.evcli.run("deploy-job", "x.yaml", env=scene.environment({}))
    an_identity()(scene)
    deployed = scene.evcli.run("deploy-job", "x.yaml", env=scene.environment({}))

    assert (refused.status, deployed.status) == (1, 0)
    assert refused.errors[1].startswith("x.yaml: /identities/0: ")
