"""Every number that decides an agreement, with its reason.

There is no relative tolerance here. Two frameworks agree when they differ by
no more than a small multiple of what one framework differs from *itself*
when nothing has changed but rounding: the noise floor.
"""

# Agreement: differences up to this many times the floor. The floor is the
# largest of a handful of random nudges, and the largest of a handful is
# easily a few times below what one more would give: over 180 sound runs the
# frameworks' own floors, from two nudges each, were up to 7.4 times apart.
TIMES_FLOOR = 10.0

# One framework may stray from itself so many times as far as the other. Both
# only round; one that self_drift further does not repeat itself, and its own
# floor must not excuse it.
TIMES_OTHER = 100.0

# Below this share of its neighbours' size a framework may stray as it likes:
# where a gradient cancels to nothing, one framework may hit zero and the
# other miss it by a rounding error, which Adam's division makes a few
# thousand times as large.
RESTLESS = 1e-9

# The floor is never taken below this many units in the last place of the
# quantity's own size: two correct sums of a few terms, in two orders,
# differ by that much even where no nudge shows it.
UNITS = 4.0

# Where the floor has grown past this share of a curve's own size, training
# is chaotic: what two runs do beyond this *horizon* says nothing about
# whether they are the same.
HORIZON = 0.01

# A loss this many times what it began with has left training. Saturated units
# then multiply a rounding error by slopes as large, and nothing is claimed.
BLOWN_UP = 1e6

# One unit in the last place of 1, where curves are held in a finer precision
# than layers compute in: bfloat16 has 8 significant bits.
UNIT = {"bfloat16": 2.0**-7}

# A difference is measured against the largest value of the curve in its
# last so many steps. A single step with a tiny loss is no smaller scale.
WINDOW = 20

# A trajectory whose horizon lies before this step has shown too little to
# be called an agreement; its verdict is "undecided".
FEWEST_STEPS = 10

# Nudged runs in each framework; the floor is the larger of the two. One nudge
# is no floor: in float32 one against another's has reached a ratio of 737.
NUDGES = (1, 2)
NUDGES_FLOAT32 = (1, 2, 3)

# Runs of the reference with its predictions rounded, when it is heard: up,
# down, and twice at random; see `common.reference.trainer.gradients`.
ROUGH = (1, -1, 2, 3)

# Two frameworks answer a claim differently, and not by chance, where a t-test
# over the seeds says so at this level, which many claims at once can bear.
CHANCE = 0.01
FEWEST_SEEDS = 5

# Runs of each arm: the fewest that show anything.
SEEDS_OF_CLAIMS = FEWEST_SEEDS

# Runs in each framework where each has its own randomness. The error of a
# mean of ten is a third of their deviation: enough to show that two
# accuracies that scatter by 2 % are within 2 % of each other.
SEEDS = 10

# Two frameworks are equivalent where their final metric differs by less than
# this. By two hundredths the accuracy of one and the same network differs
# between two test parts of a few hundred samples, so nobody should credit it
# to a framework. A loss has no such scale; its margin is a share of its own
# mean.
MARGIN_OF_ACCURACY = 0.02
MARGIN_OF_LOSS = 0.1

# Equivalence is shown at the level that two one-sided tests are used at.
EQUIVALENT = 0.05

# Where nothing was shown, so many seeds are proposed as would show something
# four times in five, and none beyond what anybody would wait for.
POWER = 0.8
MOST_SEEDS = 1000

# What each framework draws by itself is held to the specification in so many
# tests that a sound pair fails one of them once in a million climbs.
MISTAKEN = 1e-6

# Values of the smallest tensor that is drawn, over all seeds: a normal of
# which 2 % is cut off has then lost some thirty. Fewer where that would take
# more than forty networks; never fewer than two networks, and no more
# values than show anything. The specification draws ten times as many.
DRAWN = 1500
FEWEST_DRAWS, MOST_DRAWS = 2, 40
MOST_VALUES = 20_000
TIMES_DRAWN = 10

# A mean over seeds (the margin of a claim, the effect of a convention) is
# shown where chance gives one as large at most one time in twenty; see
# `comparisons/ladder/effects.py`.
SIGNIFICANT = 0.05

# Runs of each mix in an audit. Two seeds have one degree of freedom, and a
# difference has to be 12.7 times its standard error; with five, 2.8 times.
SEEDS_OF_AUDITS = 5
