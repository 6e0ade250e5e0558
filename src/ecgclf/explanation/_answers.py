"""Answers of a model to perturbed recordings, a batch at a time."""

import numpy as np
from tqdm.auto import tqdm

from ecgclf._warnings import warn
from ecgclf.explanation._explanation import ExplanationWarning


def answers(model, replacements, masks, batch_size, verbose, least):
    """Ask a model about perturbed recordings.

    Where a mask alone decides the perturbed recording, equal masks are asked about once. Ctrl-C ends the work early:
    what has been answered is kept, with a warning, if that is enough.

    Parameters
    ----------
    model : Model
        What answers.
    replacements : Replacements
        What makes perturbed recordings.
    masks : ndarray of bool of shape (n_perturbations, n_features)
        False where a feature is taken out.
    batch_size : int
        Perturbed recordings in memory; rounded up to the model's blocks.
    verbose : bool
        Whether to show a progress bar.
    least : int
        The fewest answers that are of use.

    Returns
    -------
    probabilities : ndarray of shape (n_answered, n_classes)
        Of the first masks; of all of them, if it was not interrupted.

    Raises
    ------
    KeyboardInterrupt
        If fewer than `least` were answered.
    """
    if replacements.fixed is None:
        numbers = inverse = np.arange(len(masks))
    else:
        numbers, inverse = _first_of_equals(masks)
    size = -(-batch_size // model.block) * model.block
    rows = []
    with tqdm(total=len(numbers), unit="recording", desc="Explaining", disable=not verbose) as bar:
        try:
            for start in range(0, len(numbers), size):
                asked = numbers[start : start + size]
                filling = np.zeros(-len(asked) % model.block, dtype=numbers.dtype)
                of_batch = np.concatenate([asked, filling])
                rows.append(model(replacements.make(masks[of_batch], of_batch))[: len(asked)])
                bar.update(len(asked))
        except KeyboardInterrupt:
            if not rows:
                raise
    done = np.concatenate(rows)
    # Only what comes before the first gap: masks met again later on would count for too much.
    n_done = int(np.logical_and.accumulate(inverse < len(done)).sum())
    if n_done < len(masks):
        if n_done < least:
            raise KeyboardInterrupt(f"Interrupted after {n_done} perturbations; {least} are the fewest to learn from.")
        warn(
            f"Interrupted after {n_done} of {len(masks)} perturbations; the explanation is learnt from these.",
            ExplanationWarning,
        )
    return done[inverse[:n_done]]


def _first_of_equals(masks):
    """Give the first row of each kind, in order, and for each row its kind."""
    packed = np.packbits(masks, axis=1)
    keys = packed.view(np.dtype((np.void, packed.shape[1]))).ravel()
    _, first, inverse = np.unique(keys, return_index=True, return_inverse=True)
    order = np.argsort(first)
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    return first[order], rank[inverse.ravel()]
