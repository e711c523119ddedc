"""Each claim of the chapter that a record decides finds what its rule asks for."""

from pattern_records import DEPTH, EARLY, FIRST, WHOLE, counted_on, of_all_images

from relu_book.claims import load_claims
from relu_book.experiments.pattern_evolution import (
    accuracies,
    early_phase_reading,
    entropy_by_depth_reading,
    first_steps_and_end,
    first_steps_reading,
    whole_training_reading,
)


def on_fashion_mnist(record):
    return record.assign_attrs(experiment=f"{record.experiment}_fashion_mnist")


def test_each_claim_finds_what_its_rule_asks_for():
    depth = entropy_by_depth_reading(DEPTH)
    steps = counted_on(n5120=FIRST, n10240=FIRST)
    early = early_phase_reading(EARLY) | first_steps_reading(steps, of_all_images(FIRST))
    found = early | depth | whole_training_reading(WHOLE)
    found |= first_steps_and_end(WHOLE, EARLY) | accuracies(WHOLE, on_fashion_mnist(WHOLE))
    found |= entropy_by_depth_reading(on_fashion_mnist(DEPTH))
    judged = {claim: found.judge(claim) for claim in found if claim not in depth}
    judged |= {claim: depth.judge(claim) for claim in depth if claim != "fig-3.6"}
    judged["fig-3.6"] = found.judge("fig-3.6")
    assert {verdict.claim.chapter for verdict in judged.values()} == {"pattern_evolution"}
    rest = {
        claim.id
        for claim in load_claims().values()
        if claim.chapter == "pattern_evolution" and claim.scale != "live"
    } - set(judged)
    # Composed of other verdicts, or measured by experiments of their own.
    assert rest == {
        "hyp-1",
        "txt-3.1.2.2",
        "txt-3.1.3.1",
        "txt-3.1.7.1",
        "fig-3.1.ab",
        "fig-3.5",
    }
