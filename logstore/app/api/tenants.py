"""Whose events a request is about. A server keeps those of one tenant only.

Whoever names another one shall neither be shown everybody's events nor add theirs to them: such a request is refused.
"""

from __future__ import annotations

from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler

from logstore.errors import CallerError
from logstore.model.chunk import DEFAULT_TENANT

TENANT_HEADER: Final = "X-Logstore-Tenant"
_LONGEST_SHOWN: Final = 40
"""Characters of a name that a message repeats."""


@web.middleware
async def refuse_other_tenants(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Lets requests pass that name no tenant, or the only one that there is.

    Raises:
        CallerError: another one is named.
    """
    for name in request.headers.getall(TENANT_HEADER, []):
        if name.strip() not in ("", DEFAULT_TENANT):
            shown = name if len(name) <= _LONGEST_SHOWN else f"{name[:_LONGEST_SHOWN]}…"
            hint = f"leave the header {TENANT_HEADER} out, or ask a server that has this tenant's events alone"
            raise CallerError(f"this server does not keep tenants apart, and knows none called {shown!r}", hint)
    return await handler(request)
