"""Store fitted estimators without pickle.

A file of `save` is a safetensors file: arrays as bytes, and JSON that names classes, parameters and plain values.
These are the threats that `load` is built against, each with a test:

- *Code in the file.* There is no pickle, no import by a name from the file, no path, no callable but those on the
  list in ``_classes.py``, which loading does not call, and what the caller trusts.
- *Other files in disguise* (pickle, zip, a device): the first bytes, the file's kind and a checksum are looked at.
- *Accidents.* SHA-256 over everything finds each truncation and each flipped bit.
- *Sizes that are only claimed.* File, header, number of arrays and of JSON containers are bounded before anything is
  parsed; an array lies within the file or is refused; each is used once.
- *A small file that describes a gigantic network.* It is first built on torch's meta device, which has no memory, in
  a number of steps that the number of arrays bounds, and compared with these (``_training/_restore.py``).
- *Arrays that compiled code trusts*: those of trees, and of numpy's random states, are looked at; classes with others
  are not on the list.
- *JSON that explodes*: nesting, duplicate keys, NaN, kinds and attributes that no estimator has.

What a loaded estimator does when it is used is not among them: a forged file can hold a model that is wrong, or one
that wants much memory to predict.

What an object consists of, it says itself by its ``__getstate__``, in arrays and plain values, and takes by its
``__setstate__``: nothing in here knows a network. torch is loaded by files that hold one.
"""

from typing import TYPE_CHECKING

from ecgclf._lazy import lazy

if TYPE_CHECKING:
    from ecgclf.persistence._store import load, save

_HOMES = {"load": "_store", "save": "_store"}

__all__ = ["load", "save"]

__getattr__, __dir__ = lazy(__name__, _HOMES)
