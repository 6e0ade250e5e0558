"""Print the table of the shipped models, as the README has it.

Run: python training/table.py
"""

from ecgclf.pretrained import list_pretrained, model_card


def main():
    """Print it."""
    print("| model | networks, weights | score (95 % interval) | F1 of N | A | O | ~ | recordings of 30 s |")
    print("|---|---|---|---|---|---|---|---|")
    for model in list_pretrained():
        card = model_card(model.name)
        report = card.out_of_fold
        f1 = " | ".join(f"{report.f1[label].value:.3f}" for label in "NAO~")
        print(
            f"| `{card.name}` | {card.n_networks}, {card.n_weights:,} | {report.score} | {f1} | "
            f"{card.thirty_seconds.score.value:.3f} |"
        )


if __name__ == "__main__":
    main()
