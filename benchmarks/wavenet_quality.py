"""How well the WaveNet predicts recordings it never saw, beside simpler models, and what its own are worth.

Run: python benchmarks/wavenet_quality.py FOLDER --minutes 30
where FOLDER holds training2017.zip and REFERENCE-v3.csv.

All models see the same training recordings, scaled alike, and are measured in the same mu-law bins, by the bits they
need for a sample of held-out recordings at 300 Hz. The GRU has as many weights as the WaveNet, and as much time of
the processor.
"""

import argparse
import itertools
import math
import time

import numpy as np
import torch
from machine import describe
from scipy.signal import lfilter
from scipy.special import expit
from torch import nn
from torch.nn import functional as F

from ecgclf import _training
from ecgclf._training._callbacks import one_cycle
from ecgclf.augmentation import WaveNetAugmenter
from ecgclf.augmentation._crops import Crops
from ecgclf.datasets import fetch_cinc2017
from ecgclf.fidelity import fidelity_report
from ecgclf.nn import mu_law_decode
from ecgclf.nn._wavenet import _smooth_features

ORDER = 16
# Of the residuals' distribution: a mixture of logistic ones, each twice as wide as the one before.
WIDTHS = 2.0 ** np.arange(-13, 3)


def histogram(train, test, n_bins):
    """Bits per sample of each test recording under the frequencies of the bins, one added to each count."""
    counts = 1 + sum(np.bincount(codes, minlength=n_bins) for codes in train)
    bits = -np.log2(counts / counts.sum())
    return np.array([bits[codes].mean() for codes in test])


class LinearPredictor:
    """The next sample is a linear function of the 16 before it, plus a residual.

    The mean is fitted by least squares, the residual's distribution, a mixture of logistic ones and a uniform one, by
    expectation maximisation of the likelihood of the bins. With `adaptive` their widths are multiples of the root mean
    square of the recent residuals, so that a noisy recording, and a QRS complex, have wider ones.
    """

    def __init__(self, train, n_bins, adaptive):
        self.n_bins, self.adaptive = n_bins, adaptive
        self.levels = mu_law_decode(torch.arange(n_bins), n_bins).numpy()
        companded = np.abs(np.linspace(-1, 1, n_bins + 1)) * math.log1p(n_bins - 1)
        self.edges = np.sign(np.linspace(-1, 1, n_bins + 1)) * np.expm1(companded) / (n_bins - 1)
        self.edges[[0, -1]] = -np.inf, np.inf
        gram, moment = np.zeros((ORDER + 1, ORDER + 1)), np.zeros(ORDER + 1)
        for codes in train:
            past, x = self._past(codes)
            gram += past.T @ past
            moment += past.T @ x
        self.weights = np.linalg.solve(gram + 1e-6 * np.eye(ORDER + 1), moment)
        residuals = [self._residuals(codes)[1] for codes in train]
        self.typical = float(np.sqrt(np.mean(np.concatenate(residuals) ** 2)))
        rng = np.random.RandomState(0)
        self.shares = np.full(len(WIDTHS) + 1, 1 / (len(WIDTHS) + 1))
        masses = np.concatenate([self._masses(codes)[rng.permutation(len(codes))[:300]] for codes in train])
        for _ in range(200):
            parts = masses * self.shares
            self.shares = (parts / parts.sum(axis=1, keepdims=True)).mean(axis=0)

    def bits(self, test):
        """Bits per sample of each recording."""
        return np.array([-np.log2(self._masses(codes) @ self.shares).mean() for codes in test])

    def _past(self, codes):
        x = self.levels[codes]
        padded = np.concatenate([np.zeros(ORDER), x])
        past = np.lib.stride_tricks.sliding_window_view(padded, ORDER)[:-1]
        return np.hstack([past, np.ones((len(x), 1))]), x

    def _residuals(self, codes):
        past, x = self._past(codes)
        means = past @ self.weights
        return means, x - means

    def _masses(self, codes):
        """Probability of what came under each component, of shape (n_timepoints, n_components)."""
        means, residuals = self._residuals(codes)
        scale = np.ones(len(codes))
        if self.adaptive:
            # Of the residuals before a sample, with a memory of about 16 of them.
            recent = lfilter([1 / 16], [1, -15 / 16], np.r_[self.typical**2, residuals[:-1] ** 2])
            recent += self.typical**2 * (15 / 16) ** np.arange(1, len(codes) + 1)
            scale = np.sqrt(recent) + 1e-4
        low, high = (
            (self.edges[codes + side] - means)[:, np.newaxis] / (scale[:, np.newaxis] * WIDTHS) for side in (0, 1)
        )
        # A difference of values near 1 would lose digits: take that of their complements.
        upper = low > 0
        low, high = np.where(upper, -high, low), np.where(upper, -low, high)
        masses = expit(high) - expit(low)
        return np.hstack([masses, np.full((len(codes), 1), 1 / self.n_bins)])


class GRU(nn.Module):
    """The next bin from all bins before it and the class; what maps bins starts out as smooth as in the WaveNet."""

    def __init__(self, n_classes, n_bins, n_units, n_inputs=32):
        super().__init__()
        self.embedding = nn.Embedding(n_bins, n_inputs)
        self.classes = nn.Embedding(n_classes, n_inputs)
        self.recurrent = nn.GRU(n_inputs, n_units, batch_first=True)
        self.head = nn.Linear(n_units, n_bins)
        with torch.no_grad():
            self.embedding.weight.copy_(_smooth_features(n_bins, n_inputs))
            self.head.weight.copy_(_smooth_features(n_bins, n_units) / 5)

    def forward(self, codes, classes):
        """Map bins of shape (n, n_timepoints) to logits of shape (n, n_timepoints, n_bins)."""
        x = F.pad(self.embedding(codes[:, :-1]), (0, 0, 1, 0)) + self.classes(classes)[:, None]
        return self.head(self.recurrent(x)[0])


def train_gru(items, targets, amplitudes, n_weights, seconds, args, device):
    """Train for as long as the WaveNet was, on crops drawn alike."""
    n_classes, n_bins = int(targets.max()) + 1, amplitudes.n_bins
    torch.manual_seed(args.seed)
    sizes = range(8, 1024)
    size = min(sizes, key=lambda n: abs(_n_weights(GRU(n_classes, n_bins, n)) - n_weights))
    network = GRU(n_classes, n_bins, size).to(device)
    crops = Crops(
        items,
        targets,
        np.arange(len(items)),
        amplitudes,
        WaveNetAugmenter().crop_length,
        args.gru_batch_size,
        np.random.RandomState(args.seed),
    )
    batches = itertools.chain.from_iterable(itertools.repeat(crops))
    optimizer = torch.optim.AdamW(network.parameters(), lr=args.gru_learning_rate)
    n_steps, start = 0, time.process_time()
    while (done := (time.process_time() - start) / seconds) < 1:
        for group in optimizer.param_groups:
            group["lr"] = args.gru_learning_rate * one_cycle(done, rise=0.1)
        batch, _ = next(batches)
        codes, lengths, classes = (batch[name].to(device) for name in ("codes", "lengths", "classes"))
        codes = codes[:, 0]
        behind = torch.arange(codes.shape[1], device=device) >= lengths[:, None]
        logits = network(codes, classes)
        loss = F.cross_entropy(logits.flatten(0, 1), codes.masked_fill(behind, -100).flatten(), ignore_index=-100)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        n_steps += 1
    return network, n_steps


@torch.inference_mode()
def gru_bits(network, test, targets, device):
    """Bits per sample of each recording."""
    bits = []
    for codes, target in zip(test, targets, strict=True):
        codes = torch.from_numpy(codes.astype(np.int64)).to(device)
        logits = network(codes[None], torch.tensor([target], device=device))[0]
        bits.append(F.cross_entropy(logits, codes).item() / math.log(2))
    return np.array(bits)


def train_wavenet(X, y, args):
    """Train for about the time given: the epochs it has room for are told from a short run."""
    params = {"random_state": args.seed, "device": args.device}
    samples = sum(map(len, X))
    few = np.concatenate([np.flatnonzero(y == label)[:3] for label in np.unique(y)])
    start = time.process_time()
    WaveNetAugmenter(**params, max_epochs=1).fit(X[few], y[few])
    an_epoch = (time.process_time() - start) * samples / sum(map(len, X[few]))
    augmenter = WaveNetAugmenter(
        **params, max_epochs=max(1, round(args.minutes * 60 / an_epoch)), verbose=args.verbose
    )
    start = time.process_time()
    augmenter.fit(X, y)
    return augmenter, time.process_time() - start


def _n_weights(network):
    return sum(weight.numel() for weight in network.parameters())


def _print_likelihoods(results, y):
    labels = np.unique(y).tolist()
    print(f"| model | weights | fit, s | bits per sample | {' | '.join(labels)} |")
    print("|---" * (4 + len(labels)) + "|")
    for name, (n_weights, seconds, bits) in results.items():
        by_label = " | ".join(f"{bits[y == label].mean():.3f}" for label in labels)
        error = bits.std(ddof=1) / math.sqrt(len(bits))
        print(f"| {name} | {n_weights:,} | {seconds:.0f} | {bits.mean():.3f} +- {error:.3f} | {by_label} |")


def _print_report(report):
    print("\n| figure | label | unit | real | synthetic | held out |")
    print("|---|---|---|---|---|---|")
    for row in report.rows:
        numbers = " | ".join("" if np.isnan(value) else f"{value:.3g}" for value in row[4:])
        print(f"| {row.measure} | {'all' if row.label is None else row.label} | {row.unit} | {numbers} |")
    verdict = "flagged as copying" if report.memorisation.memorised else "no sign of copying"
    print(f"\n{verdict}; nearly copies: {list(report.memorisation.suspicious)}")


def main():
    """Print two tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--minutes", type=float, default=30, help="of training, for the WaveNet and for the GRU")
    parser.add_argument("--n-train", type=int, default=1500)
    parser.add_argument("--n-test", type=int, default=300)
    parser.add_argument("--n-synthetic", type=int, default=50, help="of each class")
    parser.add_argument("--gru-learning-rate", type=float, default=3e-3)
    # A recurrent step is no slower for 16 crops than for 2, so that more of them are the better use of its time.
    parser.add_argument("--gru-batch-size", type=int, default=16)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--verbose", action="store_true")
    parser.add_argument("--figure", help="a file for the picture of the report")
    args = parser.parse_args()
    data = fetch_cinc2017(args.folder, download_if_missing=False)
    X, y = data.data, data.target
    order = np.random.RandomState(args.seed).permutation(len(X))
    train, test = order[: args.n_train], order[-args.n_test :]
    print(describe())
    print(f"trained on {len(train)} recordings, tested on {len(test)} others, seed {args.seed}\n")

    augmenter, seconds = train_wavenet(X[train], y[train], args)
    network, amplitudes = augmenter.generator_.networks[0], augmenter.generator_.amplitudes
    n_bins, n_weights = amplitudes.n_bins, _n_weights(network)
    codes = {name: [amplitudes.encode(x[np.newaxis])[0].astype(int) for x in X[rows]] for name, rows in
             (("train", train), ("test", test))}  # fmt: skip
    targets = {name: np.searchsorted(augmenter.classes_, y[rows]) for name, rows in (("train", train), ("test", test))}

    results = {}
    start = time.process_time()
    bits = histogram(codes["train"], codes["test"], n_bins)
    results["mu-law histogram"] = (n_bins, time.process_time() - start, bits)
    for name, adaptive in (("linear predictor", False), ("linear predictor, adaptive width", True)):
        start = time.process_time()
        predictor = LinearPredictor(codes["train"], n_bins, adaptive)
        fit = time.process_time() - start
        results[name] = (ORDER + 1 + len(predictor.shares), fit, predictor.bits(codes["test"]))
    device = _training.resolve_device(args.device)
    items = [x[np.newaxis] for x in X[train]]
    gru, n_steps = train_gru(items, targets["train"], amplitudes, n_weights, seconds, args, device)
    results["GRU"] = (_n_weights(gru), seconds, gru_bits(gru, codes["test"], targets["test"], device))
    results["WaveNet"] = (n_weights, seconds, augmenter.negative_log_likelihood(X[test], y[test]))
    _print_likelihoods(results, y[test])
    crop = augmenter.crop_length * augmenter.batch_size
    n_wavenet = augmenter.max_epochs * max(1, round(sum(map(len, X[train])) / crop))
    print(f"\n{augmenter.max_epochs} epochs, {n_wavenet:,} steps of the WaveNet, {n_steps:,} of the GRU")

    start = time.process_time()
    parts = [(augmenter.sample(args.n_synthetic, label), label) for label in augmenter.classes_]
    synthetic = [x for part, _ in parts for x in part]
    labels = np.repeat([label for _, label in parts], [len(part) for part, _ in parts])
    print(f"{len(synthetic)} recordings generated in {time.process_time() - start:.1f} s")
    sets = (X[train], y[train]), (synthetic, labels), (X[test], y[test])
    report = fidelity_report(*sets, sampling_rate=data.sampling_rate, random_state=args.seed)
    _print_report(report)
    if args.figure:
        report.plot().figure_.savefig(args.figure, dpi=120)


if __name__ == "__main__":
    main()
