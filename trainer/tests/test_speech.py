"""The shipped speech encoder and its truth, on real sound from ../shared."""

from __future__ import annotations

import itertools
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch

from lipsplat.evaluate.metrics import correlation
from lipsplat.paths import LJSPEECH
from lipsplat.speech import dataset, features, report
from lipsplat.speech.augment import augment, coloured_noise
from lipsplat.speech.encoder import SILENT_FEATURE, EncoderConfig, SpeechEncoder
from lipsplat.speech.examples import Clip, clip, example
from lipsplat.speech.features import lip_features, load_speech_model
from lipsplat.speech.names import RATE, VISEMES
from lipsplat.speech.splice import LAG, spliced
from lipsplat.speech.streaming import look_ahead_ms, streaming_max_diff
from lipsplat.speech.synthesize import HELD_OUT_UTTERANCES, HELD_OUT_VOICES, PROSE_UTTERANCES, TRAINING_VOICES, script
from lipsplat.speech.texts import UNHEARD
from lipsplat.speech.train import AHEAD, LIVE, SpeechConfig, loss_of
from lipsplat.speech.truth import FRAME, SYMBOLS, VISEME, Loudness, Utterance, mouth, utterance, viseme_matrix

OPENING, CLOSED = report.OPENING, 16


@pytest.fixture(scope="module")
def real_clip() -> tuple[np.ndarray, int]:
    """A real voice: LJSpeech clip 1, of the part that no training hears."""
    return dataset.read_sound(LJSPEECH / "LJ001-0001.flac")


@pytest.fixture(scope="module")
def own_clip() -> Clip:
    """Six seconds of the capture's voice with their truth."""
    audio, rate = dataset.read_sound(dataset.CAPTURE / "voice.flac")
    phones = [p for p in dataset.capture_phones() if p.end <= 6.0]
    return clip(utterance(audio[: 6 * rate], rate, phones))


@pytest.mark.parametrize("ahead", [False, True])
def test_blocks_give_what_the_whole_file_gives(real_clip, ahead):
    model = load_speech_model(ahead=ahead)
    pcm = features.to_rate(*real_clip, model.rate)[: 4 * model.rate]
    for hops in ((1,), (4, 1, 9)):
        assert streaming_max_diff(model, pcm, hops) <= 1e-4  # float32 sums in another order


@pytest.mark.parametrize(("ahead", "least", "most"), [(False, 20.0, 40.0), (True, 220.0, 240.0)])
def test_no_sample_beyond_the_look_ahead_changes_a_feature(ahead, least, most):
    assert least < look_ahead_ms(load_speech_model(ahead=ahead)) <= most


def test_lips_follow_voices_and_sentences_nobody_trained_on_and_a_dub_s_more_closely():
    """A minute of six voices, of `lipsplat synthesize`; both encoders stamp alike."""
    lines = dataset.unheard_lines()
    live, ahead = (
        [report.spoken(*line, partial(lip_features, ahead=ahead)) for line in lines] for ahead in (False, True)
    )
    openings = [np.concatenate([c.opening for c in clips]) for clips in (live, ahead)]
    alike = [correlation(openings[0][5:-5], np.roll(openings[1], k)[5:-5]) for k in range(-3, 4)]
    assert int(np.argmax(alike)) == 3, alike
    follows = [report.lips(clips, "all")["lip_ccc_all"] for clips in (live, ahead)]
    assert follows[0] > 0.8  # an aligner that is told the text reaches 0.86
    assert follows[1] > follows[0] + 0.01


def test_mouth_opens_with_a_real_voice_and_shuts_without(real_clip):
    audio, rate = real_clip
    times, lip = lip_features(audio, rate)
    loudness = Loudness(audio, rate)
    loud = np.array([loudness(t) for t in times])
    speaking = lip[loud > 0.3, OPENING]
    wide = np.percentile(lip[:, OPENING], 95)
    assert wide > 0.25  # of 1; truth speaks at 0.6 to 0.8
    assert (speaking > 0.1 * wide).mean() > 0.6
    pink = coloured_noise(torch.Generator().manual_seed(4), torch.tensor([[1.0]]), 5 * 16000)[0].numpy()
    room = 10 ** (-50 / 20) * pink
    for quiet in (np.zeros(16000), room):
        assert lip_features(quiet, 16000)[1][:, OPENING].max() < 0.10 * wide
    after = lip_features(np.concatenate([audio, np.zeros(2 * rate)]), rate)[1]
    assert after[-50:, OPENING].max() < 0.10 * wide


# Middles in seconds of the first vowels after a pause, where the mouth shows them; by the aligner
# (`lipsplat.speech.align.real_phones`), in clips that no training hears.
FIRST_VOWELS = {
    "LJ001-0001": (0.235, 3.905),
    "LJ001-0010": (0.2, 5.015),
    "LJ001-0028": (0.14, 3.37, 4.125),
    "LJ001-0037": (0.32, 3.615),
    "LJ001-0042": (0.165, 2.34, 4.205),
    "LJ001-0045": (0.145, 2.61),
    "LJ001-0054": (0.11, 1.41, 3.66),
    "LJ001-0063": (0.185, 2.115),
}


def test_a_word_that_breaks_a_silence_is_not_clipped():
    """The lips are open in the middle of the first vowel, and it counts as voice; a gate of 100 ms would show here."""
    room = 10 ** (-50 / 20) * coloured_noise(torch.Generator().manual_seed(4), torch.tensor([[1.0]]), 22050)[0].numpy()
    opened, voiced, gated = [], [], []
    for name, middles in FIRST_VOWELS.items():
        audio, rate = dataset.read_sound(LJSPEECH / f"{name}.flac")
        lead = len(room) / rate
        times, lip = lip_features(np.concatenate([room, audio]), rate)
        wide = np.percentile(lip[:, OPENING], 95)
        for middle in middles:
            opened.append(np.interp(lead + middle, times, lip[:, OPENING]) / wide)
            voiced.append(np.interp(lead + middle, times, lip[:, 0]) < 0.5)
            before = lip[times < lead + middle, 0][::-1] < 0.5  # voice, from the vowel back to the pause
            gated.append(before.argmin() / 50 > 0.1)
    assert all(voiced) and min(opened) > 0.1  # of the speaking width, by which `closed` is told
    assert np.mean(gated) < 0.7  # a gate that opens 100 ms late would cut many of them


def test_feature_is_bounded_and_finite_for_any_level(real_clip):
    audio, rate = real_clip
    for gain in (0.0, 0.03, 1.0, 30.0):
        lip = lip_features(np.clip(gain * audio, -1, 1), rate)[1]
        assert lip.dtype == np.float32 and np.isfinite(lip).all() and np.abs(lip).max() <= 1.5


def test_a_feature_a_hop_whatever_the_rate(real_clip):
    audio, rate = real_clip
    times, lip = lip_features(audio, rate)
    assert lip.shape == (len(times), 32) and np.allclose(times, np.arange(len(times)) / 50)
    assert abs(len(times) / 50 - len(audio) / rate) <= 0.02
    again = lip_features(features.to_rate(audio, rate, 48000), 48000)[1]
    n = min(len(lip), len(again))
    assert np.corrcoef(lip[:n, OPENING], again[:n, OPENING])[0, 1] > 0.99  # only the resampling filters differ


@pytest.mark.parametrize(
    ("audio", "rate", "message"),
    [
        (np.zeros(0), 16000, "mono samples"),
        (np.zeros((10, 2)), 16000, "mono samples"),
        (np.full(1600, np.nan), 16000, "NaN"),
        (np.zeros(1600), 0, "rate"),
        (np.zeros(1600), 4_000_000, "rate"),
    ],
)
def test_bad_sound_is_refused(audio, rate, message):
    with pytest.raises(ValueError, match=message):
        lip_features(audio, rate)


def test_missing_model_says_what_to_do(tmp_path):
    with pytest.raises(FileNotFoundError, match="train-speech"):
        load_speech_model(tmp_path)


def test_vectorised_visemes_equal_the_original():
    audio, rate = dataset.read_sound(dataset.CAPTURE / "voice.flac")
    phones, loudness = dataset.capture_phones(), Loudness(audio, rate)
    times = 21.0 + np.arange(400) / 61  # "Five fine vines": both seals at once
    from performance import viseme_weights  # ../shared/subject/performance.py, on the path of `truth`

    expected = viseme_weights(phones, loudness, times)
    table = np.array([[w.get(v, 0.0) for v in VISEMES] for w in expected])
    ours, seal = viseme_matrix(phones, loudness, times)
    np.testing.assert_allclose(ours, table, atol=1e-12)  # float64 sums in another order
    assert seal.max(0).min() > 0.8


def test_truth_follows_the_footage():
    """The mouth truth agrees with the openings measured on the capture, which also hold smiles."""
    audio, rate = dataset.read_sound(dataset.CAPTURE / "voice.flac")
    table = np.loadtxt(dataset.CAPTURE / "opening.csv", delimiter=",", skiprows=1)
    weights, _ = viseme_matrix(dataset.capture_phones(), Loudness(audio, rate), table[:, 1])
    assert np.abs(np.maximum(weights @ mouth().opening, 0) - table[:, 2]).max() < 0.012  # dm


def test_augmentation_is_seeded_and_keeps_times():
    speech = torch.zeros(4, 16000)
    speech[:, 8000:8400] = 0.5 * torch.sin(torch.arange(400) * 0.3)
    silent = torch.tensor([False, False, False, True])

    def heard(seed: int) -> torch.Tensor:
        return augment(speech, silent, torch.Generator().manual_seed(seed))

    assert torch.equal(heard(1), heard(1)) and not torch.equal(heard(1), heard(2))
    assert torch.isfinite(heard(3)).all() and heard(3).abs().max() <= 1.0
    for seed in range(8):  # the loudest moment stays where it was, whatever the room; noise is at least 5 dB below
        power = heard(seed)[:3].square().reshape(3, -1, 400).mean(2)
        assert (power.argmax(1) == 20).all()


@pytest.mark.parametrize("early", [LIVE.early, AHEAD.early])
def test_examples_keep_sound_and_truth_together(own_clip, early):
    """After any cut, pause and speed the sound's level and the truth's loudness tell of the same moments."""
    for seed in range(3):
        pcm, truth, seal, phone = example([own_clip], 4.0, early, np.random.default_rng(seed))
        assert pcm.shape == (64000,) and truth.shape == (200, 32) and seal.shape == (200, 2) and phone.shape == (200,)
        level = np.sqrt(pcm.reshape(200, 320).astype(float) ** 2).mean(1)[3:]  # feature j lies at the start of hop j
        lag = max(range(-6, 16), key=lambda k: np.corrcoef(np.roll(level, k), truth[3:, 31])[0, 1])
        # the encoder's feature trails its hop by `early`; the level is a hop's mean, half a hop late
        assert lag in (early - 1, early)


def test_spliced_sound_and_mouth_belong_together():
    """Every phone sounds as a tone of its own, LAG before its label: so it is wherever pieces have been put."""
    chance = np.random.default_rng(0)
    clips = []
    for _ in range(3):
        phone = np.repeat(chance.integers(0, len(SYMBOLS) + 1, 60), chance.integers(6, 15, 60)).astype(np.uint8)
        hertz = np.repeat(np.concatenate([phone[LAG:], phone[:LAG]]) * 100.0 + 300.0, FRAME)
        pcm = (8000 * np.sin(2 * np.pi * np.cumsum(hertz) / RATE)).astype(np.int16)
        silent = np.zeros((len(phone), 15), np.float32)
        clips.append(Utterance(pcm, silent, silent[:, :2], np.ones(len(phone), np.float32), phone))
    made = spliced(clips, 8.0, chance)
    count = len(made.phone) - 2 * LAG
    assert count > 800 - 2 * LAG and len(made.pcm) == len(made.phone) * FRAME and len(made.weights) == len(made.phone)
    frames = made.pcm.reshape(-1, FRAME)[:count] * np.hanning(FRAME)
    heard = np.abs(np.fft.rfft(frames, 1600)).argmax(1) * 10.0  # Hz
    told = made.phone[LAG : LAG + count] * 100.0 + 300.0
    within = (np.diff(told, prepend=0) == 0) & (np.diff(told, append=0) == 0)  # at a seam two tones sound
    assert (np.abs(heard - told)[within] <= 50).mean() > 0.98 and within.mean() > 0.6
    mouths = np.stack([made.weights[made.phone == k].mean(0) for k in np.unique(made.phone) if k])
    visemes = [VISEMES.index(VISEME[SYMBOLS[k - 1]]) for k in np.unique(made.phone) if k]
    assert np.mean(mouths.argmax(1) == visemes) > 0.8  # weak ones are outdone by their neighbours
    mixed = spliced(clips, 8.0, np.random.default_rng(1))
    assert not np.array_equal(mixed.phone[:300], made.phone[:300])
    held = replace(clips[0], phone=np.full_like(clips[0].phone, 3))
    with pytest.raises(ValueError, match="give longer ones"):
        spliced([held], 8.0, chance)


def test_no_training_voice_says_what_tests_hear():
    count = len(HELD_OUT_VOICES) * HELD_OUT_UTTERANCES + len(UNHEARD) + len(TRAINING_VOICES) * PROSE_UTTERANCES
    said = list(itertools.islice(script(), count))
    training = {line.text for line in said if line.voice in TRAINING_VOICES}
    unheard = [line for line in said if line.voice in HELD_OUT_VOICES and line.index >= HELD_OUT_UTTERANCES]
    assert [line.text for line in unheard] == UNHEARD and not training & set(UNHEARD)
    assert {line.voice for line in unheard} == set(HELD_OUT_VOICES) and len(training) > 300
    assert len({line.stem for line in said}) == len(said)


def test_loss_pulls_each_component(own_clip):
    """The loss is smallest at the truth, and any component off by 0.1 costs."""
    rows = example([own_clip], 3.0, LIVE.early, np.random.default_rng(1))
    _, truth, seal, phone = (torch.from_numpy(np.asarray(x))[None] for x in rows)
    truth = truth.clamp(-1.5, 1.5)
    logits = torch.zeros(1, truth.shape[1], len(SYMBOLS) + 1)

    def cost(lip: torch.Tensor) -> float:
        return float(sum(loss_of(lip, torch.logit(seal.clamp(1e-4, 1 - 1e-4)), logits, truth, seal, phone).values()))

    best = cost(truth)
    for k in range(32):
        assert cost(truth + 0.1 * torch.eye(32)[k]) > best


def test_untrained_network_streams_too():
    torch.manual_seed(0)
    encoder = SpeechEncoder(EncoderConfig(mels=20, channels=8, dilations=(1, 4))).eval()
    pcm = torch.randn(2, 12 * 320)
    with torch.no_grad():
        whole, end = encoder(pcm, encoder.initial_state(2))
        state, parts = encoder.initial_state(2), []
        for a, b in itertools.pairwise((0, 1, 4, 12)):
            lip, state = encoder(pcm[:, a * 320 : b * 320], state)
            parts.append(lip)
    torch.testing.assert_close(torch.cat(parts, 1), whole, atol=1e-5, rtol=0)  # float32
    torch.testing.assert_close(state, end, atol=1e-5, rtol=0)


def test_a_killed_run_goes_on(tmp_path, own_clip, monkeypatch):
    """Four steps, and two then two more, end in the same weights; the export of them keeps the contract."""
    from lipsplat.speech import export, train

    def capture_only(self) -> None:
        self.voices = {"am_michael": [own_clip]}

    monkeypatch.setattr(train.Library, "reload", capture_only)
    small = EncoderConfig(channels=16, dilations=(1, 2))
    config = SpeechConfig(small, tmp_path / "a", 4, 2, 1.5, save_every=2, real=0.0)
    straight = train.load_encoder(train.train_encoder(config))

    broken = replace(config, out=tmp_path / "b")
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        batch_of = train.batch_of
        patch.setattr(train, "batch_of", lambda lib, cfg, step: batch_of(lib, cfg, step) if step < 3 else _interrupt())
        train.train_encoder(broken)
    checkpoint = train.train_encoder(broken)
    for a, b in zip(straight.state_dict().values(), train.load_encoder(checkpoint).state_dict().values(), strict=True):
        torch.testing.assert_close(a, b)

    export.export_encoder(checkpoint, tmp_path / "model")
    _, lip = lip_features(np.zeros(16000), 16000, tmp_path / "model")
    assert lip.shape == (50, 32)


def _interrupt():
    raise KeyboardInterrupt


def test_silent_feature_means_silence():
    assert SILENT_FEATURE[0] == SILENT_FEATURE[CLOSED] == 1.0 and SILENT_FEATURE.sum() == 2.0
