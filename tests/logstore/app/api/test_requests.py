"""Tests of logstore.app.api.requests."""

import asyncio

import pytest
from aiohttp import ClientConnectionResetError, web

from logstore.app.api.errors import errors_as_json
from logstore.app.api.requests import RequestCounters, counting
from logstore.errors import QueryError


async def fine(request):
    """Answers."""
    del request
    return web.Response(status=202)


async def wrong(request):
    """Says that the question is wrong."""
    del request
    raise QueryError("nonsense", "x")


async def gone(request):
    """Finds nobody to answer any more."""
    del request
    raise asyncio.CancelledError


async def unread(request):
    """Cannot write its answer."""
    del request
    raise ConnectionResetError


@pytest.mark.parametrize(("handler", "status"), [(fine, "202"), (wrong, "400")])
async def test_requests_are_counted_by_the_status_that_was_sent(handler, status):
    """Also where it is made of an error."""
    counters = RequestCounters()

    async def told(request):
        return await errors_as_json(request, handler)

    await counting(counters)(None, told)
    assert counters.by_status == {status: 1}


@pytest.mark.parametrize("handler", [gone, unread])
async def test_askers_who_leave_are_counted_too(handler):
    """They were told no status; 499 stands for that."""
    counters = RequestCounters()
    with pytest.raises((asyncio.CancelledError, ConnectionError)):
        await counting(counters)(None, handler)
    assert counters.by_status == {"499": 1}


async def test_askers_who_leave_while_they_are_answered_are_no_error_of_ours(caplog):
    """They are counted like those who leave before, and nothing is logged."""

    async def left(request):
        del request
        raise ClientConnectionResetError("Cannot write to closing transport")

    async def told(request):
        return await errors_as_json(request, left)

    counters = RequestCounters()
    assert (await counting(counters)(None, told)).status == 499
    assert counters.by_status == {"499": 1}
    assert not caplog.records


async def test_what_nobody_caught_is_an_error_of_ours():
    """It becomes status 500 further out."""

    async def broken(request):
        raise ZeroDivisionError(request)

    counters = RequestCounters()
    with pytest.raises(ZeroDivisionError):
        await counting(counters)(None, broken)
    assert counters.by_status == {"500": 1}
