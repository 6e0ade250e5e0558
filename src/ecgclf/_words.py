"""Words that errors are made of."""


def some(names, most=5):
    """Write the first of a list of names, and how many others there are.

    Parameters
    ----------
    names : list
        What to name.
    most : int, default=5
        How many.

    Returns
    -------
    str
        The text.
    """
    shown = ", ".join(map(str, names[:most]))
    return shown if len(names) <= most else f"{shown} and {len(names) - most} others"
