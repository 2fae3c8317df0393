//! Notes rendered by `synth`, kept by pitch.

use std::{
    collections::{HashMap, VecDeque},
    rc::Rc,
};
use wasm_bindgen::JsValue;
use web_sys::{AudioBuffer, AudioContext};

/// How long a note rings, in seconds.
pub(super) const NOTE_SECONDS: f32 = 2.8;
/// The sample rate until the context's own is known.
pub(super) const DEFAULT_RATE: f32 = 48_000.0;
/// One step of a note's envelope, in seconds.
pub(super) const ENVELOPE_STEP_SECONDS: f32 = 0.02;
/// The level of a note after the hardest pluck, at which the envelope is 1.
const FULL_LEVEL: f32 = 0.16;

/// The notes rendered so far, by pitch. A guitar has fewer than fifty.
pub(super) struct NoteCache {
    rate: f32,
    ready: HashMap<u32, RenderedNote>,
    queued: VecDeque<u32>,
    pub(super) rendering: bool,
}

struct RenderedNote {
    samples: Vec<f32>,
    envelope: Rc<[f32]>,
    buffer: Option<AudioBuffer>,
}

impl NoteCache {
    pub(super) fn new() -> Self {
        Self {
            rate: DEFAULT_RATE,
            ready: HashMap::new(),
            queued: VecDeque::new(),
            rendering: false,
        }
    }

    /// Discards the notes of another rate, to be rendered again.
    pub(super) fn use_rate(&mut self, rate: f32) {
        if self.rate != rate {
            self.rate = rate;
            self.queued.extend(self.ready.drain().map(|(pitch, _)| pitch));
        }
    }

    /// Queues a note to be rendered, unless it is there.
    pub(super) fn prepare(&mut self, hz: f32) {
        let pitch = pitch(hz);
        if !self.ready.contains_key(&pitch) && !self.queued.contains(&pitch) {
            self.queued.push_back(pitch);
        }
    }

    pub(super) fn has_queued(&self) -> bool {
        !self.queued.is_empty()
    }

    /// Renders one queued note.
    pub(super) fn render_next(&mut self) {
        while let Some(pitch) = self.queued.pop_front() {
            if !self.ready.contains_key(&pitch) {
                self.ready.insert(pitch, render(pitch, self.rate));
                return;
            }
        }
    }

    /// The note's buffer; rendered now when it was not prepared.
    pub(super) fn buffer(
        &mut self,
        hz: f32,
        context: &AudioContext,
    ) -> Result<(AudioBuffer, Rc<[f32]>), JsValue> {
        let (pitch, rate) = (pitch(hz), self.rate);
        let note = self.ready.entry(pitch).or_insert_with(|| render(pitch, rate));
        let buffer = match &note.buffer {
            Some(buffer) => buffer.clone(),
            None => {
                let buffer = filled(context, &note.samples, rate)?;
                // The browser keeps a copy.
                note.samples = Vec::new();
                note.buffer.insert(buffer).clone()
            }
        };
        Ok((buffer, note.envelope.clone()))
    }
}

/// A pitch as a key: hundredths of a hertz.
fn pitch(hz: f32) -> u32 {
    (hz * 100.0).round() as u32
}

fn render(pitch: u32, rate: f32) -> RenderedNote {
    let samples = synth::pluck_buffer(rate, pitch as f32 / 100.0, 1.0, NOTE_SECONDS);
    let step = ((ENVELOPE_STEP_SECONDS * rate) as usize).max(1);
    let level = |part: &[f32]| {
        let power: f32 = part.iter().map(|sample| sample * sample).sum();
        ((power / part.len() as f32).sqrt() / FULL_LEVEL).min(1.0)
    };
    let envelope = samples.chunks(step).map(level).collect();
    RenderedNote { samples, envelope, buffer: None }
}

pub(super) fn filled(
    context: &AudioContext,
    samples: &[f32],
    rate: f32,
) -> Result<AudioBuffer, JsValue> {
    let length = u32::try_from(samples.len().max(1)).unwrap_or(1);
    let buffer = context.create_buffer(1, length, rate)?;
    buffer.copy_to_channel(samples, 0)?;
    Ok(buffer)
}
