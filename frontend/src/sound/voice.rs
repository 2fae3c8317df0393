//! One pluck, from its start to the end of its sound.

use super::notes::{ENVELOPE_STEP_SECONDS, NOTE_SECONDS};
use std::rc::Rc;
use wasm_bindgen::JsValue;
use web_sys::{AudioBufferSourceNode, AudioScheduledSourceNode, GainNode};

/// The time constant, in seconds, with which a plucked string silences its former note: within some
/// 5 ms.
const REPLACE_SECONDS: f64 = 0.0016;

/// A pluck that sounds or will sound.
pub(super) struct Voice {
    pub(super) source: AudioBufferSourceNode,
    pub(super) gain: GainNode,
    pub(super) amplitude: f32,
    pub(super) start: f64,
    /// When it began to fade before its end, and the time constant, both in seconds.
    pub(super) fade: Option<(f64, f64)>,
    pub(super) envelope: Rc<[f32]>,
}

impl Voice {
    /// The same string is plucked again at a moment: this note ends then, or is cancelled when it was
    /// to start later.
    pub(super) fn give_way(&mut self, at: f64) {
        if self.start > at {
            let _ = self.stop(0.0);
            self.fade = Some((f64::NEG_INFINITY, REPLACE_SECONDS));
        } else {
            self.fade(at, REPLACE_SECONDS);
        }
    }

    /// Fades from a moment on, with a time constant in seconds.
    pub(super) fn fade(&mut self, at: f64, constant: f64) {
        if self.fade.is_some_and(|(since, known)| since <= at && known <= constant) {
            return;
        }
        if self.start > at {
            self.give_way(f64::NEG_INFINITY);
            return;
        }
        let _ = self.gain.gain().set_target_at_time(0.0, at, constant);
        let _ = self.stop(at + 9.0 * constant);
        self.fade = Some((at, constant));
    }

    fn stop(&self, when: f64) -> Result<(), JsValue> {
        let source: &AudioScheduledSourceNode = self.source.as_ref();
        source.stop_with_when(when)
    }

    /// How loud it is now, 0 to 1.
    pub(super) fn level(&self, now: f64) -> f32 {
        if now < self.start {
            return 0.0;
        }
        let step = ((now - self.start) / f64::from(ENVELOPE_STEP_SECONDS)) as usize;
        let ringing = self.envelope.get(step).copied().unwrap_or(0.0) * self.amplitude;
        match self.fade {
            Some((since, constant)) if now > since => {
                ringing * ((since - now) / constant).exp() as f32
            }
            _ => ringing,
        }
    }

    /// Whether it sounds or will; disconnects it otherwise.
    pub(super) fn keep(&self, now: f64) -> bool {
        let rings = now < self.start + f64::from(NOTE_SECONDS)
            && self.fade.is_none_or(|(since, constant)| now < since + 9.0 * constant);
        if !rings {
            let _ = self.gain.disconnect();
        }
        rings
    }
}
