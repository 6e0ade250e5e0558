"""What an argument may be, where it is one of a few words."""

from enum import StrEnum


class Network(StrEnum):
    """The classifiers that can be trained from the command line."""

    resnet = "resnet"
    lstm = "lstm"
    bilstm = "bilstm"
    crnn = "crnn"
    crann = "crann"
    aticnn = "aticnn"


class Segmentation(StrEnum):
    """What a feature of an explanation is."""

    uniform = "uniform"
    beats = "beats"
    waves = "waves"


class Missing(StrEnum):
    """What is done about missing samples."""

    refuse = "raise"
    interpolate = "interpolate"
    zero = "zero"


class Dataset(StrEnum):
    """What can be fetched."""

    cinc2017 = "cinc2017"
