//! The desk's signals, mixed from sine tones.

use app::browser::DeskSound;
use std::f32::consts::TAU;

/// The samples of a signal: two rising tones, one level tone, or a low double.
pub(super) fn samples(sound: DeskSound, rate: f32) -> Vec<f32> {
    let tones: &[DeskTone] = match sound {
        DeskSound::Accepted => &[DeskTone::new(660.0, 0.0, 0.11), DeskTone::new(990.0, 0.12, 0.18)],
        DeskSound::Caution => &[DeskTone::new(523.0, 0.0, 0.32)],
        DeskSound::Refused => &[DeskTone::new(196.0, 0.0, 0.16), DeskTone::new(165.0, 0.22, 0.3)],
    };
    mix(tones, rate)
}

/// One tone of a signal, in hertz and seconds.
struct DeskTone {
    hz: f32,
    from: f32,
    length: f32,
}

impl DeskTone {
    const fn new(hz: f32, from: f32, length: f32) -> Self {
        Self { hz, from, length }
    }
}

/// Mixes tones that begin and end softly; the octave makes them carry in a noisy room.
fn mix(tones: &[DeskTone], rate: f32) -> Vec<f32> {
    let end = tones.iter().map(|tone| tone.from + tone.length).fold(0.0, f32::max);
    let mut samples = vec![0.0; (end * rate) as usize];
    for tone in tones {
        let first = (tone.from * rate) as usize;
        let count = (tone.length * rate) as usize;
        for (i, sample) in samples.iter_mut().skip(first).take(count).enumerate() {
            let time = i as f32 / rate;
            let rise = (time / 0.008).min(1.0);
            let fall = ((tone.length - time) / 0.06).clamp(0.0, 1.0);
            let angle = TAU * tone.hz * time;
            *sample += 0.5 * rise * fall * (angle.sin() + 0.3 * (2.0 * angle).sin());
        }
    }
    samples
}
