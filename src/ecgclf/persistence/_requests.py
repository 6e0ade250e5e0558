"""What an estimator requests of scikit-learn's metadata routing, as plain values and back."""

from sklearn.utils.metadata_routing import get_routing_for_object


def plain_requests(request):
    """Give what is requested as plain values.

    Parameters
    ----------
    request : sklearn.utils.metadata_routing.MetadataRequest
        As `set_fit_request` and its like leave it with an estimator.

    Returns
    -------
    dict of {str: dict}
        For each method, by which name it wants what.
    """
    methods = {name: getattr(method, "requests", None) for name, method in vars(request).items()}
    return {name: dict(requests) for name, requests in methods.items() if requests}


def restore_requests(estimator, requests):
    """Have an estimator request what another did.

    Parameters
    ----------
    estimator : estimator
        It requests what its class does.
    requests : dict of {str: dict}
        As `plain_requests` gives them.
    """
    request = get_routing_for_object(estimator)
    for method, wanted in requests.items():
        for name, alias in wanted.items():
            getattr(request, method).add_request(param=name, alias=alias)
    estimator._metadata_request = request
