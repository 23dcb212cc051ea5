"""Figures that were published with PyTorch, under `torch.manual_seed(42)`.

The catalogue has the experiments; `--randomness replay` prints the figures.
"""

# Train and test loss at the end, in evaluation, to the printed digit.
DROPOUT_FIGURES = {
    "rate_0": ("0.0000", "3.7633"),
    "rate_3": ("0.1016", "2.6384"),
    "rate_5": ("0.1672", "2.7283"),
}

# The best epoch, counted from 0, then its validation loss and the last.
STOPPING_FIGURES = ("78", "0.2645", "0.2816")

# Predictions for the four corners.
XOR_FIGURES = ["0.000", "1.000", "1.000", "0.000"]
