"""`testing.get_trainer_with_mock_updater`: it counts and trains nothing."""

from __future__ import annotations

from catenary import testing


def test_it_counts_iterations_and_epochs(tmp_path):
    seen = []

    def watch(trainer):
        updater = trainer.updater
        seen.append((updater.iteration, updater.epoch, updater.is_new_epoch))
        assert updater.epoch_detail == updater.iteration / 3
        assert updater.previous_epoch_detail == (updater.iteration - 1) / 3

    watch.trigger = (1, "iteration")
    trainer = testing.get_trainer_with_mock_updater((2, "epoch"), 3, [watch])
    trainer.out = str(tmp_path)
    assert trainer.updater.is_new_epoch
    trainer.run()
    assert seen == [
        (1, 0, False),
        (2, 0, False),
        (3, 1, True),
        (4, 1, False),
        (5, 1, False),
        (6, 2, True),
    ]
    assert trainer.updater.update_core.call_count == 6


def test_it_stops_after_ten_iterations(tmp_path):
    trainer = testing.get_trainer_with_mock_updater()
    trainer.out = str(tmp_path)
    trainer.run()
    assert trainer.updater.iteration == 10
    assert trainer.updater.epoch == 1
