"""A network of the user's own as an ONNX graph, by torch's exporter."""

import contextlib
import io
import logging
import warnings

import torch

from ecgclf.onnx._graph import OPSET


def exported(network, n_leads, n_timepoints):
    """Have torch write a network.

    Parameters
    ----------
    network : torch.nn.Module
        ``forward(x, lengths)``.
    n_leads, n_timepoints : int
        Of a recording that it takes.

    Returns
    -------
    onnx.ModelProto
        From ``x`` and ``lengths`` to ``logits``, with any number of recordings, of any length if the network allows.

    Raises
    ------
    ValueError
        If torch cannot; the message says why.
    """
    network = network.eval()
    # Sizes of 0 and 1 are special to it.
    x = torch.zeros(2, n_leads, n_timepoints)
    lengths = torch.tensor([n_timepoints, n_timepoints])
    any_number = getattr(torch.export.Dim, "DYNAMIC", None)
    if any_number is None:
        raise ValueError(
            f"torch {torch.__version__} cannot export the {type(network).__name__} to ONNX for any number of "
            "recordings: that needs a newer torch."
        )
    reasons = []
    for of_time in ({2: any_number}, {}):
        shapes = {"x": {0: any_number, **of_time}, "lengths": {0: any_number}}
        try:
            # It writes its progress to the standard output, and warns of what is its own.
            with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()), _quiet():
                warnings.simplefilter("ignore")
                program = torch.onnx.export(
                    network,
                    (x, lengths),
                    dynamo=True,
                    dynamic_shapes=shapes,
                    input_names=["x", "lengths"],
                    output_names=["logits"],
                    opset_version=OPSET,
                    verbose=False,
                )
            return program.model_proto
        except Exception as error:
            reasons.append(str(error.__cause__ or error).strip().splitlines()[0])
    raise ValueError(f"torch cannot export the {type(network).__name__} to ONNX: {reasons[-1]}.")


@contextlib.contextmanager
def _quiet():
    logger = logging.getLogger("torch.onnx")
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(before)
