"""Where GitHub delivers: checked, stored, answered (contract identities-connectors, section 9)."""

from dataclasses import dataclass
from urllib.parse import unquote

from starlette.requests import Request
from starlette.responses import Response

from eventline_common.clock import Clock
from eventline_common.errors import NotFound
from eventline_common.http.json_response import JsonResponse, no_content
from eventline_connectors.counters import Counters
from eventline_connectors.deliveries.bodies import Bodies
from eventline_connectors.deliveries.intake import Intake
from eventline_connectors.github.reception import DisabledConnector, check_content_type, read_delivery
from eventline_connectors.github.targets import Target

PATH = "/ext/connectors/github/hooks/{target:path}"


class UnknownHook(NotFound):
    """No hook can have such an address."""

    code = "unknown_hook"


@dataclass(frozen=True, slots=True)
class GithubHooks:
    """The address that hooks deliver to. `secret` is None when the connector is disabled."""

    intake: Intake
    clock: Clock
    counters: Counters
    secret: bytes | None
    bodies: Bodies

    async def receive(self, request: Request) -> Response:
        """Answer 204 once a delivery is committed, 200 if it was here before; everything else is an error."""
        if self.secret is None:
            raise DisabledConnector("the github connector is disabled; the setting is connectors.github.enabled")
        target = _target(request)
        check_content_type(request.headers)
        body = await self.bodies.read(request)
        delivery = read_delivery(target, request.headers, body, secret=self.secret, now=self.clock.now())
        new = await self.intake.take(delivery)
        self.counters.delivery_received("github", new=new)
        if new:
            return no_content()
        return JsonResponse({"status": "known", "delivery_id": delivery.delivery_id})


def _target(request: Request) -> Target:
    try:
        return Target.parse(unquote(request.path_params["target"]))
    except ValueError as error:
        raise UnknownHook(f"no hook has this address: {error}") from error
