"""All streams of JetStream are deleted while many executions wait."""

from eventline_common.testing.client import Client
from eventline_common.testing.platform import Platform
from tests.chaos.nats_wire import list_streams, nats_request
from tests.proofs.evidence import Say, require, statuses, wait

_WAITING = 500


def prove(platform: Platform, client: Client, say: Say) -> None:
    """All of them run, although nobody restarts anything."""
    gate = platform.directory / "proof-streams-gate"
    job = client.deploy("proof-streams", f"while [ ! -e {gate} ]; do sleep 0.2; done", concurrent=True)
    for _ in range(_WAITING):
        client.call("POST", f"/jobs/id/{job}/execute", {"parameters": {}})
    waiting = statuses(platform, job).count("created")
    uri = platform.setting("nats")
    streams = list_streams(uri)
    require(len(streams) > 0, "there are no streams")

    for stream in streams:
        nats_request(uri, f"$JS.API.STREAM.DELETE.{stream}")
    gate.touch()

    took = wait(lambda: set(statuses(platform, job)) == {"successful"}, seconds=90, until="all are successful")
    say(f"{len(streams)} streams deleted, {waiting} executions waiting; all {_WAITING} successful after {took:.1f} s")
    require(set(list_streams(uri)) == set(streams), "not every stream is there again")
    say("every stream was declared again")
