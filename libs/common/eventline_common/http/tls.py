"""The TLS side of the HTTP servers: TLS 1.3 at least (service-config.md, section 3)."""

import ssl

from eventline_common.settings import TlsSettings


def server_ssl_context(tls: TlsSettings) -> ssl.SSLContext:
    """Load certificate and key; raise OSError with a sentence that names the files when that fails."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    try:
        context.load_cert_chain(tls.certificate, tls.private_key, password="")
    except (OSError, ValueError) as error:
        files = f'certificate "{tls.certificate}" and private key "{tls.private_key}"'
        reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or str(error)
        raise OSError(f"cannot use the TLS {files}: {reason}") from error
    return context
