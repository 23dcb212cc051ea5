"""The lines of the user's code that create modules, in PyTorch."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from torch import nn

from framework_parity.common.live.sites import user_site
from framework_parity.torch_impl.live.trace import LIBRARY


@contextmanager
def creation_sites(sites: dict[int, str]) -> Iterator[None]:
    """Note the user's line that creates each module.

    Args:
        sites: gets the line, by the identity of the module.

    Yields:
        Nothing; models are built inside.
    """
    plain = nn.Module.__init__

    def noted(module: nn.Module, *args: Any, **kwargs: Any) -> None:
        plain(module, *args, **kwargs)
        site = user_site(sys._getframe(1), LIBRARY)
        if site is not None:
            sites[id(module)] = site

    nn.Module.__init__ = noted  # type: ignore
    try:
        yield
    finally:
        nn.Module.__init__ = plain  # type: ignore[method-assign]
