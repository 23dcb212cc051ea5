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

# The table of early stopping: losses in training and on the monitored part
# after some epochs, counted from 0.
STOPPING_TABLE = {
    0: ("21.9408", "16.1734"),
    25: ("0.4885", "0.5259"),
    50: ("0.0437", "0.3270"),
    78: ("0.0098", "0.2645"),
    100: ("0.0038", "0.2733"),
    149: ("0.0006", "0.2816"),
}

# The last losses that the script of the learning rates prints; the figures
# published beside it are others, 0.4968 and 0.3692.
SINE_FIGURES = {"lr_1e_4": "0.6179", "lr_0_01": "0.4562"}
