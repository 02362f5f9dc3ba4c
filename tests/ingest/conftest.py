"""Intake is tested on the event loop that the product runs on, and on the standard one."""

from __future__ import annotations

import asyncio

import pytest
import uvloop


@pytest.hookimpl(optionalhook=True)
def pytest_asyncio_loop_factories():
    """Every asynchronous test here runs once on each."""
    return {"uvloop": uvloop.new_event_loop, "asyncio": asyncio.new_event_loop}
