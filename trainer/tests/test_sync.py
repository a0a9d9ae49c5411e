"""The discriminator: its clock, its data, its figures, and that training it works."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
import torch

from lipsplat.speech.dataset import Source, read_phones
from lipsplat.speech.truth import Loudness, utterance, viseme_matrix
from lipsplat.sync import batches, encoders, train
from lipsplat.sync import clips as clip_set
from lipsplat.sync.ave import AveConfig, Painter, train_ave
from lipsplat.sync.ave import batch_of as ave_batch
from lipsplat.sync.ave import loss_of as loss_of_ave
from lipsplat.sync.batches import Clip, batch_of, load_clips, spoken_windows
from lipsplat.sync.clips import LATE_MOUTH, SPLITS, Recipe, draw_clip, phones_of, write_clip
from lipsplat.sync.config import SyncTrainConfig
from lipsplat.sync.crops import ANCHORS, DETECTED, HEIGHT, WIDTH, crop_frames
from lipsplat.sync.encoders import Encoder, Heard, read_out
from lipsplat.sync.evaluate import REAL_CLIPS, calibrated, pairs, sync_accuracy
from lipsplat.sync.held_out import TRAINING_IDENTITIES
from lipsplat.sync.model import FRAME_SAMPLES, Discriminator, SyncConfig, mel_of, similarity, windows_of_mel
from lipsplat.sync.offset import embeddings, find_offset, read_clip, shifted_offsets
from lipsplat.sync.train import learn_to_hear, load_discriminator, loss_of, train_discriminator
from lipsplat.sync.weights import export_discriminator, shipped_discriminator

TINY = SyncConfig(height=16, width=16, channels=(8, 8, 8, 16), embedding=32)


def toy_clip(seed: int, frames: int = 120) -> Clip:
    """A mouth that is a dark bar as high as its sound is loud: sync that a small network learns in seconds."""
    chance = np.random.default_rng(seed)
    loud = np.repeat(chance.uniform(0, 1, frames // 2), 2)  # another for every 80 ms
    crops = np.full((frames, HEIGHT, WIDTH), 200, np.uint8)
    for i, level in enumerate(loud):
        half = int(2 + 24 * level)
        crops[i, 36 - half : 36 + half, 20:76] = 20
    sound = chance.normal(0, 1, (frames, FRAME_SAMPLES)) * (0.002 + 0.3 * loud[:, None] ** 2)
    pcm = np.clip(sound.ravel() * 32767 * 0.5, -32768, 32767).astype(np.int16)
    visemes = np.zeros((frames, 15), np.float16)
    visemes[:, 10] = loud
    return Clip(crops, pcm, visemes, np.ones(frames, bool), f"voice{seed}", seed)


def store(clip: Clip, stem) -> None:
    stem.parent.mkdir(parents=True, exist_ok=True)
    np.save(stem.with_suffix(".npy"), clip.crops)
    about = json.dumps({"voice": clip.voice, "identity": clip.identity})
    np.savez(stem.with_suffix(".npz"), pcm=clip.pcm, visemes=clip.visemes, spoken=clip.spoken, about=about)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A tiny discriminator after a hundred steps on toy clips, its run cut in two."""
    folder = tmp_path_factory.mktemp("sync")
    for seed in range(8):
        store(toy_clip(seed), folder / "clips" / f"toy-{seed}")
    config = SyncTrainConfig(
        TINY, folder / "clips", folder / "run", steps=100, hearing=0, seeing=0, batch=4, windows=6, rate=5e-3,
        augmented=0.0, average=0.9,
    )  # fmt: skip
    train_discriminator(replace(config, steps=60))
    return load_discriminator(train_discriminator(config)), config


def test_training_goes_on_from_its_checkpoint(trained):
    _, config = trained
    assert torch.load(config.out / "checkpoint.pt", weights_only=False)["step"] == 100


def test_it_learns_sync_and_finds_offsets_of_clips_it_never_saw(trained):
    model, _ = trained
    unseen = [toy_clip(seed) for seed in (100, 101, 102)]
    figures = sync_accuracy(model, unseen)
    assert 0.75 < figures["sync_accuracy"] < figures["sync_accuracy_unlike"]  # 0.5 by chance; like mouths sound alike
    for clip in unseen:
        found = shifted_offsets(*embeddings(model, clip.crops, clip.pcm))
        assert sorted(found) == list(range(-8, 9))
        assert all(abs(frames - late) <= 1 for late, frames in found.items())


def test_a_late_mouth_is_found_late(trained):
    """The sign of the offset, on a clip whose frames themselves are moved."""
    model, _ = trained
    clip = toy_clip(103)
    late = np.concatenate([clip.crops[:1].repeat(4, 0), clip.crops[:-4]])
    assert abs(find_offset(*embeddings(model, late, clip.pcm)).frames - 4) <= 1


def test_the_audio_visual_encoder_paints_the_mouth_that_the_sound_asks_for(trained, tmp_path):
    _, sync = trained
    config = AveConfig(
        TINY, sync.clips, sync.out / "checkpoint.pt", tmp_path, steps=120, batch=6, rate=5e-3, sync_from=100,
        masked_from=0.25, augmented=0.0, average=0.9,
    )  # fmt: skip
    stored = torch.load(train_ave(config), weights_only=False)
    painter = Painter(TINY)
    painter.load_state_dict(stored["average"])
    judge = load_discriminator(config.discriminator)
    batch = ave_batch([toy_clip(100), toy_clip(101)], replace(config, batch=16), step=1)
    with torch.no_grad():
        right = loss_of_ave(painter.eval(), judge, batch, config, step=0)["l1"]
        wrong = loss_of_ave(painter, judge, replace(batch, mel=batch.mel.roll(1, 0)), config, step=0)["l1"]
    assert right < 0.8 * wrong  # another window's sound paints another mouth
    assert set(loss_of_ave(painter, judge, batch, config, step=100)) == {"l1", "sync"}


def test_exported_weights_judge_as_the_checkpoint_does(trained, tmp_path, monkeypatch):
    model, config = trained
    monkeypatch.setattr("lipsplat.sync.evaluate.calibrated", lambda model: model)
    shipped = shipped_discriminator(export_discriminator(config.out / "checkpoint.pt", tmp_path / "weights.npz"))
    clip = toy_clip(100)
    for ours, theirs in zip(embeddings(shipped, clip.crops, clip.pcm), embeddings(model, clip.crops, clip.pcm)):
        torch.testing.assert_close(ours, theirs, atol=0.02, rtol=0.02)  # weights are rounded to float16
    assert not any(p.requires_grad for p in shipped.parameters())
    with pytest.raises(FileNotFoundError, match="train-sync"):
        shipped_discriminator(tmp_path / "none.npz")


def test_calibration_moves_the_threshold_to_a_half_and_keeps_the_order(trained):
    """Judged on clips whose threshold lies elsewhere: here by a model whose similarities are all lowered."""
    model, config = trained
    clips = [toy_clip(seed) for seed in (100, 101, 102)]
    lower = load_discriminator(config.out / "checkpoint.pt")
    with torch.no_grad():  # components that a face never shares with a sound
        lower.face[-2].bias[:8] += 3 * lower.face[-2].bias.abs().max() + 3
    before = sync_accuracy(lower, clips)
    after = sync_accuracy(calibrated(lower, clips), clips)
    assert before["sync_accuracy"] + 0.01 < after["sync_accuracy"]
    assert after["right_one_is_nearer"] == pytest.approx(before["right_one_is_nearer"], abs=0.01)


def test_the_shipped_discriminator_finds_the_offset_of_a_real_speaker():
    """lbax4n: the film whose man no other film shows; nobody in training is real."""
    crops, pcm = read_clip(REAL_CLIPS / "lbax4n.mpg")
    found = shifted_offsets(*embeddings(shipped_discriminator(), crops, pcm))
    assert all(abs(frames - late) <= 1 for late, frames in found.items())


def test_what_ships_is_what_the_command_trains():
    assert replace(shipped_discriminator().config, common=0.0) == SyncTrainConfig().model


def test_a_run_may_begin_with_the_weights_of_another(trained, tmp_path):
    model, config = trained
    config = replace(config, out=tmp_path, steps=1, rate=1e-9, start=config.out / "checkpoint.pt")
    ours = load_discriminator(train_discriminator(config)).state_dict()
    for name, weights in model.named_parameters():
        torch.testing.assert_close(ours[name], weights, msg=name)


def test_the_sound_learns_alone_from_speech_that_nobody_is_seen_to_speak(trained, tmp_path, monkeypatch):
    _, config = trained
    monkeypatch.setattr(train, "heard_clips", lambda: [replace(toy_clip(seed), crops=None) for seed in range(8)])
    model = Discriminator(TINY)
    born = {name: weights.clone() for name, weights in model.face.state_dict().items()}
    config = replace(config, out=tmp_path, hearing=80, batch=2)
    model = load_discriminator(learn_to_hear(model, config))
    assert all(torch.equal(weights, born[name]) for name, weights in model.face.state_dict().items())
    batch = batch_of([replace(toy_clip(100), crops=None)] * 4, replace(config, batch=4), step=1)
    with torch.no_grad():
        shares = loss_of(model, batch, config, step=0)[1]
    assert shares["sound right"] > 0.75  # 0.5 by chance


def test_heard_and_rendered_clips_put_the_mouth_at_the_same_time(tmp_path, monkeypatch):
    """The same phones, once as the speech set's truth and once as a recipe."""
    rate = 24000
    sound = 0.2 * np.sin(2 * np.pi * 150 * np.arange(int(1.2 * rate)) / rate)
    rows = [["", 0.0, 0.2], ["ɑ", 0.2, 0.6], ["b", 0.6, 0.7], ["ɑ", 0.7, 1.1], ["", 1.1, 1.2]]
    (tmp_path / "a.json").write_text(json.dumps({"phones": rows}))
    told = utterance(sound, rate, read_phones(tmp_path / "a.json"))
    monkeypatch.setattr(batches, "training_set", lambda real: [("af_sky", Source("a", lambda: told))])
    (heard,) = batches.heard_clips()
    recipe = Recipe("af_sky", "a", tmp_path / "a.flac", tmp_path / "a.json", TRAINING_IDENTITIES[0])
    times = (np.arange(len(heard)) + 0.5) / 25
    weights, _ = viseme_matrix(phones_of(recipe), Loudness(sound, rate), times)
    np.testing.assert_allclose(heard.visemes[: len(heard)], weights, atol=1e-5)  # float32


def test_a_read_out_learns_what_a_feature_tells_and_no_more(monkeypatch):
    monkeypatch.setattr(encoders, "STEPS", 150)
    chance = np.random.default_rng(1)

    def recording(frames: int) -> Heard:
        truth = chance.uniform(0, 1, (frames, 16)).astype(np.float32)
        return Heard(np.zeros(frames * FRAME_SAMPLES, np.float32), [], truth)

    known, unseen = recording(3000), recording(400)
    for knows, least, most in ((True, 0.9, 1.0), (False, -0.2, 0.2)):
        by_length = {len(r.pcm): r.truth if knows else chance.uniform(0, 1, r.truth.shape) for r in (known, unseen)}
        told = read_out(Encoder(lambda pcm, kept=by_length: kept[len(pcm)], 0.0), [known])(unseen.pcm)
        assert least < np.corrcoef(told[:, 0], unseen.truth[:, 0])[0, 1] <= most


def test_similarity_is_a_cosine_between_0_and_1():
    torch.manual_seed(0)
    model = Discriminator(TINY).eval()
    face, sound = model.see(torch.rand(6, 5, 16, 16)), model.hear(torch.randn(6, 80, 16))
    assert (face >= 0).all() and (sound >= 0).all()
    assert ((similarity(face, sound) >= 0) & (similarity(face, sound) <= 1 + 1e-6)).all()
    torch.testing.assert_close(similarity(face + 1, face + 1), torch.ones(6))


def test_a_window_hears_the_sound_under_its_frames_and_at_most_14_ms_more():
    """Half the analysis window outside (6 ms), the rounding to 12.5 ms columns (6 ms) and the FFT's edge."""
    chance = torch.Generator().manual_seed(1)
    pcm = 0.1 * torch.randn(1, 40 * FRAME_SAMPLES, generator=chance)
    start = torch.tensor([11])
    before, after = slice(0, 11 * FRAME_SAMPLES - 230), slice(16 * FRAME_SAMPLES + 230, None)
    for side, samples in (("before", before), ("after", after)):
        louder = pcm.clone()
        louder[:, samples] *= 3
        change = windows_of_mel(mel_of(louder)[0], start) - windows_of_mel(mel_of(pcm)[0], start)
        assert change.std() < 1e-4, side  # the recording's mean moves; nothing else may
    inside = pcm.clone()
    inside[:, 11 * FRAME_SAMPLES : 16 * FRAME_SAMPLES : 7] += 0.3
    assert (windows_of_mel(mel_of(inside)[0], start) - windows_of_mel(mel_of(pcm)[0], start)).std() > 0.05


def test_negatives_are_spoken_and_5_to_15_frames_away():
    clip = replace(toy_clip(1), spoken=np.arange(120) > 60)
    at, other = pairs(clip, np.random.default_rng(1))
    assert len(at) > 30 and (np.abs(at - other) >= 5).all() and (np.abs(at - other) <= 15).all()
    assert spoken_windows(clip)[at].all() and spoken_windows(clip)[other].all()
    config = SyncTrainConfig(TINY, batch=2, windows=6, augmented=0.0)
    batch = batch_of([clip, toy_clip(2)], config, step=3)
    assert batch.crops.shape == (12, 5, 16, 16) and batch.mel.shape == (12, 80, 16)
    assert not (batch.same & batch.apart).any() and batch.apart.any()
    again = batch_of([clip, toy_clip(2)], config, step=3)
    assert torch.equal(batch.crops, again.crops) and torch.equal(batch.mel, again.mel)


def test_nobody_is_on_two_sides_of_the_split():
    for who in (0, 1):  # voices, faces
        for one, other in combinations([set(split[who]) for split in SPLITS.values()], 2):
            assert one and other and not one & other


def test_crops_put_the_anchors_where_they_belong():
    """A dot at each anchor of a turned, moved face lands on its place in the crop, within a pixel."""
    turn = 1.6 * np.array([[np.cos(0.1), -np.sin(0.1)], [np.sin(0.1), np.cos(0.1)]])
    at = ANCHORS @ turn.T + (90.0, 160.0)  # (3,2)
    frames = np.zeros((4, 360, 360, 3), np.uint8)
    x, y = np.floor(at[2]).astype(int)
    frames[:, y, x] = 255
    points = np.full((4, 478, 2), np.nan)
    points[1:, list(DETECTED)] = at  # no face in the first frame
    crop = crop_frames(frames, points)
    row, column = np.unravel_index(crop[0].argmax(), crop[0].shape)
    assert abs(row + 0.5 - ANCHORS[2, 1]) <= 1 and abs(column + 0.5 - ANCHORS[2, 0]) <= 1
    with pytest.raises(ValueError, match="no face"):
        crop_frames(frames, np.full((4, 478, 2), np.nan))


def test_a_clip_too_short_is_named():
    model = Discriminator(TINY).eval()
    for frames in (5, 8, 11):  # the last window's sound ends with the clip, whatever the columns' phase
        face, sound = embeddings(model, np.zeros((frames, HEIGHT, WIDTH), np.uint8), np.zeros(frames * 640, np.int16))
        assert len(face) == len(sound) == frames - 4
    with pytest.raises(ValueError, match="3 frames have both picture and sound"):
        embeddings(model, np.zeros((3, HEIGHT, WIDTH), np.uint8), np.zeros(9000, np.int16))


@pytest.mark.usefixtures("heads_can_be_drawn")
def test_rendered_clips_are_the_same_again_and_shut_the_mouth_at_the_sound_of_b(tmp_path, monkeypatch):
    import soundfile

    rate = 24000
    times = np.arange(int(1.2 * rate)) / rate
    soundfile.write(tmp_path / "a.flac", 0.2 * np.sin(2 * np.pi * 150 * times), rate)
    rows = [["", 0.0, 0.2], ["ɑ", 0.2, 0.6], ["b", 0.6, 0.7], ["ɑ", 0.7, 1.1], ["", 1.1, 1.2]]
    (tmp_path / "a.json").write_text(json.dumps({"phones": rows}))
    recipe = Recipe("af_sky", "a", tmp_path / "a.flac", tmp_path / "a.json", TRAINING_IDENTITIES[0])
    crops, pcm, visemes, spoken = draw_clip(recipe)
    assert crops.shape == (30, HEIGHT, WIDTH) and crops.dtype == np.uint8 and len(pcm) == 1.2 * 16000
    closed = np.flatnonzero(visemes[:, 1] > 0.99 * visemes[:, 1].max())  # viseme_PP
    assert abs((closed.mean() + 0.5) / 25 - (0.65 - LATE_MOUTH / 25)) <= 0.021  # half a frame
    shut = closed[0]
    # the picture of an open mouth differs from a shut one more than two pictures of silence do
    opened = np.abs(crops[shut].astype(int) - crops[shut - 5]).mean()
    assert opened > 1.5 * np.abs(crops[-1].astype(int) - crops[-2]).mean()
    monkeypatch.setattr(clip_set, "CLIPS", tmp_path / "clips")
    write_clip(recipe)
    (stored,) = load_clips(tmp_path / "clips" / "train")
    assert np.array_equal(stored.crops, crops) and np.array_equal(stored.pcm, pcm)
    assert np.array_equal(stored.spoken, spoken)
    assert stored.voice == "af_sky" and stored.identity == TRAINING_IDENTITIES[0]
