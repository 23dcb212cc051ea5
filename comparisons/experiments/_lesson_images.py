"""The images of lessons 2, 3 and 4, with their splits and their scaling."""

from typing import Any

from framework_parity.comparisons.experiments._words import claim

FASHION = ("digits", "fashion_mnist")
"""The data sets of lesson 3; the digits stand in where files are missing."""

HANDWRITING = ("digits", "mnist")
"""The data sets of lessons 2 and 4."""

# Grey levels are divided by their largest value, 255 in the large sets.
UNIT: dict[str, Any] = {"normalize": {"mean": 0.0, "deviation": 1.0}}

# Images that the quick profile takes from the large sets.
QUICK_TRAIN, QUICK_TEST = 2000, 1000


def lesson_images(
    dataset: str,
    profile: str,
    samples: int = 60_000,
    validation: float | str = 0.0,
) -> dict[str, Any]:
    """Return the `data` of a lesson: images with grey levels from 0 to 1.

    The validation part is the last part of the training images, as with
    Keras's `validation_split`. The digits have no official test part; a
    fifth of them is the test part, and the validation part is stratified.

    Args:
        dataset: `digits`, `mnist` or `fashion_mnist`.
        profile: `quick`, with 2,000 images for training, or `full`.
        samples: the number of training images of the lesson, the first of
            the official training part; without effect for the digits.
        validation: the share of them for validation, or `test` for the test
            part.

    Returns:
        The data, as a specification has it.
    """
    common = {"validation": validation, "scaling": UNIT}
    if dataset == "digits":
        return {"digits": {}, "test": 0.2} | common
    quick = {"samples": QUICK_TRAIN, "test_samples": QUICK_TEST}
    sizes = quick if profile == "quick" else {"samples": samples}
    return {dataset: sizes, "split": "last"} | common


def lesson_batch(profile: str, batch: int) -> int:
    """Return the batch size of a lesson, or a quarter of it.

    The quick profile has about 1,000 images in place of 50,000; with smaller
    batches an epoch still has many updates.

    Args:
        profile: `quick` or `full`.
        batch: the batch size of the lesson.
    """
    return batch if profile == "full" else max(1, batch // 4)


def near_published(arm: str, accuracy: float) -> list[dict[str, str]]:
    """Return two claims: a test accuracy is near a published one.

    Half a point on either side: the test part has 10,000 images, so that
    the standard error of an accuracy of 0.97 is 0.0017, and a published run
    has one seed.

    Args:
        arm: name of the arm.
        accuracy: the published test accuracy, a share of all images.
    """
    low, high = accuracy - 0.005, accuracy + 0.005
    measured = f"{arm}.test_accuracy"
    return [
        claim(
            f"published_{arm}_no_lower",
            f"The test accuracy of {arm} is at most half a point below the "
            f"published {accuracy:.4f} (needs the MNIST files).",
            f"{measured} >= {low:.4f}",
        ),
        claim(
            f"published_{arm}_no_higher",
            f"It is at most half a point above {accuracy:.4f}.",
            f"{measured} <= {high:.4f}",
        ),
    ]
