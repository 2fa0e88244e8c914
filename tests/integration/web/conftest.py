"""One running server a module, with a database of its own: what it commits must not leak."""

import os
from collections.abc import Iterator

import pytest

from tests.servers import Server
from tests.website import Site, make_database, seed, serving


@pytest.fixture(scope="module")
def site(server: Server, request: pytest.FixtureRequest) -> Iterator[Site]:
    module = request.module.__name__.rpartition(".")[2]
    url = make_database(server, f"waypost_{module}_{os.getpid()}")
    orgs, units = seed(url)
    with serving(url) as port:
        yield Site(url, port, orgs, units)
