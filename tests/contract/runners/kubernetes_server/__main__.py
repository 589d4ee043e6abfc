"""Runs the server until TERM. Its argument is a folder with `images.json`; writes `kubeconfig` there, says `ready`."""

import asyncio
import secrets
import sys
from pathlib import Path

import uvicorn
import yaml

from tests.contract.runners.kubernetes_server.app import Server, application
from tests.contract.runners.kubernetes_server.control import routes
from tests.integration.executor.certificates import Certificates, make_certificates


def kubeconfig(port: int, token: str, certificates: Certificates) -> str:
    cluster = {"server": f"https://127.0.0.1:{port}", "certificate-authority": str(certificates.authority)}
    return yaml.safe_dump(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "test", "cluster": cluster}],
            "users": [{"name": "executor", "user": {"token": token}}],
            "contexts": [{"name": "test", "context": {"cluster": "test", "user": "executor"}}],
            "current-context": "test",
        }
    )


async def main(folder: Path) -> None:
    token, certificates = secrets.token_hex(16), make_certificates(folder)
    server = Server(folder, token=token)
    config = uvicorn.Config(
        application(server, routes(server)),
        host="127.0.0.1",
        port=0,
        ws="wsproto",
        log_level="warning",
        ssl_certfile=certificates.server,
        ssl_keyfile=certificates.server_key,
        timeout_graceful_shutdown=1,
    )
    http = uvicorn.Server(config)
    serving = asyncio.create_task(http.serve())
    while not http.started and not serving.done():
        await asyncio.sleep(0.01)
    port = http.servers[0].sockets[0].getsockname()[1]
    (folder / "kubeconfig").write_text(kubeconfig(port, token, certificates))
    print("ready", flush=True)
    await serving
    await server.close()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
