"""Decision trees of scikit-learn: compiled code follows their arrays without looking, so all are looked at before."""

import numpy as np


def holds_tree(cls):
    """Tell whether objects of a class hold a compiled tree, as ``tree_``."""
    return cls.__module__.startswith("sklearn.tree.")


def tree_state(tree):
    """Give the arrays of a compiled tree.

    Parameters
    ----------
    tree : sklearn.tree._tree.Tree
        The ``tree_`` of a fitted decision tree.

    Returns
    -------
    dict of {str: ndarray}
        One for each column of its nodes, and two more.
    """
    _, (_, n_classes, _), state = tree.__reduce__()
    columns = {name: state["nodes"][name] for name in state["nodes"].dtype.names}
    return {"n_classes": n_classes, "values": state["values"], **columns}


def restore_tree(state, n_features):
    """Build a compiled tree from arrays that nobody vouches for.

    Parameters
    ----------
    state : dict
        What `tree_state` gave.
    n_features : int
        Features of what its owner lets pass.

    Returns
    -------
    sklearn.tree._tree.Tree
        Each path in it ends, at a leaf, and asks for features that there are.
    """
    from sklearn.tree._tree import NODE_DTYPE, Tree

    n_classes, left = state["n_classes"], state["left_child"]
    n_nodes = len(left)
    nodes = np.empty(n_nodes, NODE_DTYPE)
    for name in NODE_DTYPE.names:
        if state[name].shape != (n_nodes,) or state[name].dtype != NODE_DTYPE[name]:
            raise ValueError(f"the column {name} of a tree has the shape {state[name].shape}, and there are {n_nodes}")
        nodes[name] = state[name]
    inner = np.flatnonzero(left != -1)
    children = np.stack([nodes["left_child"][inner], nodes["right_child"][inner]])
    features = nodes["feature"][inner]
    # A node is added after its parent: what points forwards comes to an end.
    if n_nodes == 0 or (children <= inner).any() or (children >= n_nodes).any():
        raise ValueError("the nodes of a tree lead elsewhere than to nodes after them")
    if type(n_features) is not int or (features < 0).any() or (features >= n_features).any():
        raise ValueError(f"a tree of {n_features} features asks for others")
    if n_classes.ndim != 1 or n_classes.dtype != np.intp or n_classes.size == 0 or (n_classes < 1).any():
        raise ValueError("a tree has no classes")
    # Memory for paths is taken by the depth.
    depths = [0] * n_nodes
    for node, pair in zip(inner.tolist(), children.T.tolist(), strict=True):
        for child in pair:
            depths[child] = max(depths[child], depths[node] + 1)
    tree = Tree(n_features, n_classes, len(n_classes))
    tree.__setstate__({"max_depth": max(depths), "node_count": n_nodes, "nodes": nodes, "values": state["values"]})
    return tree
