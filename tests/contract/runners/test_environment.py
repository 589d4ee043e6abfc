"""What a program finds: files, modes, variables, nothing else (contract/execution.md sections 7, 11 and 13)."""

from eventline_executor.runners.protocol import Exited, RuntimeFile, StepToRun
from tests.contract.runners.conftest import Sink, Subject, execution, prepared, run


async def test_every_file_is_there_with_its_exact_content(subject: Subject) -> None:
    files = {
        "parameters/text": RuntimeFile(b"no line break"),
        "parameters/empty": RuntimeFile(b""),
        "event/commits/0/author": RuntimeFile("é\n".encode()),
        "identities/my-key/private_key": RuntimeFile(b"-----\x00\xff"),
    }
    names = " ".join(f'"$EVENTLINE_DIR/{name}"' for name in files)

    _, output = await run(subject, execution(f"cat {names}; ls $EVENTLINE_DIR", files=files))

    contents = b"".join(file.content for file in files.values())
    assert output == contents + b"context.json\nevent\nidentities\nparameters\nsteps\n"


async def test_files_are_readable_and_only_programs_are_executable(subject: Subject) -> None:
    text = 'for f in context.json parameters/p steps/1; do test -r $f && test -x $f; echo "$f $?"; done'
    to_run = execution(f"cd $EVENTLINE_DIR; {text}", files={"parameters/p": RuntimeFile(b"v")})

    _, output = await run(subject, to_run)

    assert output == b"context.json 1\nparameters/p 1\nsteps/1 0\n"


async def test_the_variables_of_the_execution_are_set_whatever_is_in_them(subject: Subject) -> None:
    variables = {
        "EVENTLINE_JOB_NAME": "a-job",
        "EVENTLINE_PAIR": "a=b",
        "EVENTLINE_TEXT": "é $HOME 'x' \"y\"\nz",
        "EVENTLINE_NONE": "",
    }

    _, output = await run(subject, execution("env", environment=variables))

    for name, value in variables.items():
        assert f"{name}={value}\n" in output.decode()


async def test_nothing_is_inherited_from_the_server(subject: Subject) -> None:
    _, output = await run(subject, execution(), StepToRun(1, command="env"))

    names = {line.partition("=")[0] for line in output.decode().splitlines()}
    assert {"EVENTLINE", "EVENTLINE_DIR"} <= names
    if subject.exact_environment:
        assert names == {"EVENTLINE", "EVENTLINE_DIR", "HOME"}
    assert not names & {"PYTEST_CURRENT_TEST", "PYTEST_VERSION"}


async def test_standard_input_is_empty(subject: Subject) -> None:
    result, output = await run(subject, execution("cat; echo end"))

    assert (result, output) == (Exited(0), b"end\n")


async def test_steps_share_their_files_and_nothing_else(subject: Subject) -> None:
    sink = Sink()
    steps = ("echo 1 > $EVENTLINE_DIR/state; export LOST=1", 'cat $EVENTLINE_DIR/state; echo "${LOST:-unset}"')
    async with prepared(subject, execution(*steps)) as runner:
        await runner.run_step(StepToRun(1), Sink())
        await runner.run_step(StepToRun(2), sink)

    assert sink.data == b"1\nunset\n"


async def test_a_new_attempt_finds_nothing_of_the_one_before(subject: Subject) -> None:
    first = execution("echo 1 > $EVENTLINE_DIR/state; ls $EVENTLINE_DIR")
    await run(subject, first)

    _, output = await run(subject, execution("ls $EVENTLINE_DIR", id=first.id))

    assert output == b"context.json\nsteps\n"


async def test_signals_have_their_default_effect(subject: Subject) -> None:
    _, output = await run(subject, execution("yes | head -n 1; sh -c 'kill -TERM $$; echo ignored'; echo $?"))

    assert output.splitlines()[-1] == b"143"
    assert b"ignored" not in output
    assert output.startswith(b"y\n")
