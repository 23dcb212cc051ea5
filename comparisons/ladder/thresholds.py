"""The constants that decide an agreement, with their reasons.

There is no relative tolerance. Two frameworks agree when they differ by no
more than a small multiple of the noise floor: the difference between two
runs of *one* framework that differ only in rounding.
"""

# Agreement: differences up to this many times the floor. The floor is the
# largest of a few random perturbations (nudges), and one more can give a
# floor several times as large: over 180 correct runs the floors of the two
# frameworks, from two nudges each, differed by a factor of up to 7.4.
TIMES_FLOOR = 10.0

# The largest allowed ratio of one framework's own drift to the other's. Both
# only round; a framework that drifts further is not reproducible, and its
# large floor must not hide a difference.
TIMES_OTHER = 100.0

# Drifts below this size, relative to the neighbours, are not limited: where
# a gradient cancels to zero, one framework may compute exactly 0 and the
# other a rounding error, which Adam's division makes a few thousand times as
# large.
LEAST_DRIFT = 1e-9

# The ratio of the two frameworks' drifts is judged up to the step where both
# exceed this size in any curve, the machine epsilon of float32. With a larger
# drift some of a network's activations change sign, and one run can cross the
# kink of a ReLU that the others do not: of 20 layers without shortcuts, with
# both drifts at 2e-4, Keras's unmodified run crossed one at step 131, and its
# drift became 8,450 times PyTorch's; ten steps later PyTorch's did the same.
KINKS = 2.0**-23

# Lower bound of the floor, in units in the last place of the quantity: two
# correct sums of a few terms, in two orders, differ by that much even where
# no nudge shows it.
FLOOR_ULPS = 4.0

# Where the smaller of the two frameworks' differences from its own perturbed
# runs exceeds this share of a curve's size, training is chaotic: beyond this
# *horizon* the difference of two runs does not show whether the
# implementations are equal.
HORIZON = 0.01

# One unit in the last place of 1, where curves are held in a finer precision
# than layers compute in: bfloat16 has 8 significant bits.
EPSILON = {"bfloat16": 2.0**-7}

# A difference is relative to the largest value of the curve in this many
# last steps, so that a single step with a tiny loss does not set the scale.
WINDOW = 20

# A trajectory whose horizon lies before this step is too short to show an
# agreement; its verdict is "undecided".
FEWEST_STEPS = 10

# Seeds of the nudged runs in each framework; the floor is the largest of
# them. One nudge is not enough: in float32 the difference of one nudged run
# has reached 737 times that of another.
NUDGES = (1, 2)
NUDGES_FLOAT32 = (1, 2, 3)

# Significance level of the tests over seeds that two frameworks differ: in
# the answer to a claim, in the final metric, in how often they diverge. It is
# low because many of them are made.
ALPHA_DIFFERENCE = 0.01
FEWEST_SEEDS = 5

# Runs of each arm: the fewest that can decide a claim.
SEEDS_OF_CLAIMS = FEWEST_SEEDS

# Runs in each framework where each has its own randomness. The standard
# error of a mean of ten is a third of their standard deviation: enough to
# show that two accuracies that scatter by 2 % are within 2 % of each other.
SEEDS = 10

# Two frameworks are equivalent where their final metric differs by less than
# this. The accuracy of one network differs by two hundredths between two
# test sets of a few hundred samples, so a difference of this size is not
# attributed to a framework. A loss has no such scale; its margin is relative
# to its mean.
MARGIN_OF_ACCURACY = 0.02
MARGIN_OF_LOSS = 0.1

# Significance level of the two one-sided tests of equivalence.
ALPHA_EQUIVALENCE = 0.05

# Where the outcome is undecided, the report proposes the number of seeds that
# decides with this probability, up to a practical maximum.
POWER = 0.8
MOST_SEEDS = 1000

# Significance level of all tests of the initial weights together: a correct
# pair fails one of them in one of a million runs of the ladder.
ALPHA_INITIAL = 1e-6

# Number of values of the smallest random tensor, over all seeds: a normal
# truncated by 2 % then lacks some thirty of them. The number of networks is
# limited to two to forty, and more than `MOST_VALUES` values are not tested.
# The specification draws ten times as many.
DRAWN = 1500
FEWEST_DRAWS, MOST_DRAWS = 2, 40
MOST_VALUES = 20_000
TIMES_DRAWN = 10

# Significance level of a mean over seeds (the margin of a claim, the effect
# of a convention); see `comparisons/ladder/effects.py`.
ALPHA_EFFECT = 0.05

# Runs of each mix in an audit. Two seeds have one degree of freedom, and a
# difference has to be 12.7 times its standard error; with five, 2.8 times.
SEEDS_OF_AUDITS = 5
