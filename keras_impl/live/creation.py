"""The lines of the user's code that create layers, in Keras."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from keras.src.layers.layer import Layer
from keras.src.ops.node import Node

from framework_parity.common.live.sites import user_site
from framework_parity.keras_impl.live.trace import LIBRARY


@contextmanager
def creation_sites(sites: dict[int, str]) -> Iterator[None]:
    """Note the user's line of each operation of a functional model.

    Of a layer that no functional model calls, such as one of a sequential
    model that is built later, it is the line that creates it.

    Args:
        sites: gets the line, by the identity of the layer or operation.

    Yields:
        Nothing; models are built inside.
    """
    plain, plain_layer = Node.__init__, Layer.__init__
    made: dict[int, str] = {}

    def created(layer: Any, *args: Any, **kwargs: Any) -> None:
        plain_layer(layer, *args, **kwargs)
        site = user_site(sys._getframe(1), LIBRARY)
        if site is not None:
            made.setdefault(id(layer), site)

    def noted(node: Any, operation: Any, *args: Any, **kwargs: Any) -> None:
        plain(node, operation, *args, **kwargs)
        site = user_site(sys._getframe(1), LIBRARY)
        if site is not None:
            sites.setdefault(id(operation), site)

    Node.__init__, Layer.__init__ = noted, created
    try:
        yield
    finally:
        Node.__init__, Layer.__init__ = plain, plain_layer
        for layer, site in made.items():
            sites.setdefault(layer, site)
