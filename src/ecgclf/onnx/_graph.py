"""An ONNX graph in the making."""

import numpy as np
import onnx
from onnx import helper, numpy_helper

OPSET = 18
_IR_VERSION = 8


class Graph:
    """An ONNX graph in the making; values are known by their names."""

    def __init__(self):
        self.nodes = []
        self.constants = {}

    def __call__(self, op, *inputs, **attributes):
        """Add a node; arrays and numbers among its inputs become constants. Gives the name of its output."""
        names = [value if isinstance(value, str) else self.constant(value) for value in inputs]
        output = f"v{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, names, [output], **attributes))
        return output

    def constant(self, value):
        """Give the name of a constant; Python's ints become int64 and floats float32."""
        if isinstance(value, float):
            value = np.float32(value)
        array = np.ascontiguousarray(value).reshape(np.shape(value))
        key = (array.dtype.str, array.shape, array.tobytes())
        name, _ = self.constants.setdefault(key, (f"c{len(self.constants)}", array))
        return name

    def inline(self, model, *inputs):
        """Add all of a model that has one output, under names of its own; gives the name of that output."""
        graph, prefix = model.graph, f"m{len(self.nodes)}."
        named = {given.name: mine for given, mine in zip(graph.input, inputs, strict=True)}
        for tensor in graph.initializer:
            named[tensor.name] = self.constant(numpy_helper.to_array(tensor))
        for node in graph.node:
            mine = onnx.NodeProto()
            mine.CopyFrom(node)
            mine.name = ""
            mine.ClearField("metadata_props")
            mine.input[:] = [named.get(name, prefix + name) if name else "" for name in node.input]
            mine.output[:] = [prefix + name if name else "" for name in node.output]
            self.nodes.append(mine)
        (output,) = graph.output
        return prefix + output.name

    def model(self, results, inputs, outputs):
        """Make the model; each of `results` gets the name of its place among `outputs`."""
        for result, output in zip(results, outputs, strict=True):
            self.nodes.append(helper.make_node("Identity", [result], [output.name]))
        constants = [numpy_helper.from_array(array, name) for name, array in self.constants.values()]
        graph = helper.make_graph(self.nodes, "ecgclf", inputs, outputs, constants)
        opsets = [helper.make_opsetid("", OPSET)]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=_IR_VERSION, producer_name="ecgclf")
        onnx.checker.check_model(model, full_check=True)
        return model
