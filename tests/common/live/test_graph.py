"""What remains of a graph when operations are left out."""

from framework_parity.common.live.graph import Graph, Node, kept, without

UNUSED = Graph(
    (
        Node(0, "input"),
        Node(1, "relu", inputs=((0, 0),)),
        Node(2, "dense", inputs=((1, 0),), tensors={"kernel": (2, 2)}),
        Node(3, "dense", inputs=((0, 0),), tensors={"kernel": (2, 2)}),
        Node(4, "tanh", inputs=((0, 0),)),
    ),
    ((4, 0),),
)


def test_a_layer_without_its_input_is_left_out_with_it() -> None:
    graph = kept(UNUSED)
    assert [node.kind for node in graph] == ["input", "dense", "tanh"]
    assert [node.index for node in graph] == [0, 1, 2]
    assert graph.nodes[1].inputs == ((0, 0),)
    assert graph.outputs == ((2, 0),)


def test_what_follows_an_operation_uses_its_input() -> None:
    graph = without(UNUSED, {1})
    assert [node.index for node in graph] == [0, 1, 2, 3]
    assert graph.nodes[1].inputs == ((0, 0),)
    assert graph.outputs == ((3, 0),)
