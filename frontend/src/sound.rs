//! The guitar in the browser: notes rendered by `synth` before they are needed, played by Web
//! Audio. A strum only schedules buffers that lie ready, so it never waits for a render, and it
//! needs no worklet, which an insecure origin would not give.
//!
//! Each pluck is source → low-pass → gain → master → compressor → loudspeaker. Everything that a
//! browser can refuse is allowed to fail: the page then plays silently and says so.

use app::browser::{DeskSound, SoundState};
use gloo_timers::callback::Timeout;
use leptos::prelude::*;
use std::{
    cell::RefCell,
    collections::{HashMap, VecDeque},
    f32::consts::TAU,
    rc::Rc,
};
use wasm_bindgen::{JsCast, JsValue, prelude::Closure};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    AudioBuffer, AudioBufferSourceNode, AudioContext, AudioContextState, AudioScheduledSourceNode,
    GainNode,
};

/// How long a note rings, in seconds.
const NOTE_SECONDS: f32 = 2.8;
/// The rate to render at until the context tells its own.
const USUAL_RATE: f32 = 48_000.0;
/// One step of a note's envelope, in seconds.
const STEP: f32 = 0.02;
/// What a note's level is after the hardest pluck: there the envelope is 1.
const FULL_LEVEL: f32 = 0.16;
/// A plucked string silences its former note within some 5 ms …
const REPLACE: f64 = 0.0016;
/// … and a hand laid on the strings does it within some 40 ms (both as time constants).
const DAMP: f64 = 0.013;
/// How long after an unlock a context that does not run yet is given notes all the same: the
/// first key press both unlocks and strums.
const UNLOCKING_MS: f64 = 1_500.0;
/// Six strings at full strength reach the compressor at about this part of full scale.
const HEADROOM: f32 = 0.5;

/// The sound of this page.
#[derive(Clone)]
pub(crate) struct Sound(Rc<RefCell<Inner>>);

struct Inner {
    state: RwSignal<SoundState>,
    output: Option<Output>,
    /// This browser refused to make a context.
    refused: bool,
    unlocked_at: f64,
    muted: bool,
    volume: f32,
    notes: Notes,
    strings: [Vec<Voice>; 6],
}

/// The context and the end of the chain.
struct Output {
    context: AudioContext,
    master: GainNode,
    /// Kept as long as the context, which calls it.
    _on_state: Closure<dyn FnMut()>,
}

/// A pluck that sounds or will.
struct Voice {
    source: AudioBufferSourceNode,
    gain: GainNode,
    amplitude: f32,
    start: f64,
    /// When it began to fade before its end, and with which time constant.
    fade: Option<(f64, f64)>,
    envelope: Rc<[f32]>,
}

impl Sound {
    pub(crate) fn new(state: RwSignal<SoundState>) -> Self {
        let sound = Self(Rc::new(RefCell::new(Inner {
            state,
            output: None,
            refused: false,
            unlocked_at: f64::NEG_INFINITY,
            muted: false,
            volume: 0.8,
            notes: Notes::new(),
            strings: Default::default(),
        })));
        sound.resume_when_visible();
        sound
    }

    /// Makes the context or wakes it; works inside a tap or key press.
    pub(crate) fn unlock(&self) {
        let missing = {
            let mut inner = self.0.borrow_mut();
            inner.unlocked_at = now();
            inner.output.is_none()
        };
        if missing {
            let output = self.open();
            let mut inner = self.0.borrow_mut();
            inner.refused = output.is_err();
            inner.output = output.ok();
            let rate = inner.output.as_ref().map(|output| output.context.sample_rate());
            inner.notes.use_rate(rate.unwrap_or(USUAL_RATE));
        }
        self.resume();
        self.show_state();
        self.render_soon();
    }

    pub(crate) fn set_muted(&self, muted: bool) {
        self.0.borrow_mut().muted = muted;
        self.0.borrow().apply_volume();
        self.show_state();
    }

    pub(crate) fn set_volume(&self, volume: f32) {
        if volume.is_finite() {
            self.0.borrow_mut().volume = volume.clamp(0.0, 1.0);
            self.0.borrow().apply_volume();
        }
    }

    /// Plucks a string after a delay. At velocity 0 nothing sounds; the note is made ready.
    pub(crate) fn pluck(&self, string: usize, hz: f32, velocity: f32, delay_ms: f32) {
        if !hz.is_finite() || hz <= 0.0 {
            return;
        }
        if velocity > 0.0 {
            // A refusal leaves this one pluck silent; the next one tries again.
            let _ = self.0.borrow_mut().pluck(string, hz, velocity.min(1.0), delay_ms);
        } else {
            self.0.borrow_mut().notes.want(hz);
            self.render_soon();
        }
    }

    pub(crate) fn damp(&self) {
        let mut inner = self.0.borrow_mut();
        let Some(now) = inner.output.as_ref().map(|output| output.context.current_time()) else {
            return;
        };
        for voice in inner.strings.iter_mut().flatten() {
            voice.fade(now, DAMP);
        }
    }

    /// How loud each string is now, by the envelopes of the notes that play.
    pub(crate) fn levels(&self) -> [f32; 6] {
        let mut inner = self.0.borrow_mut();
        let Some(now) = inner.output.as_ref().map(|output| output.context.current_time()) else {
            return [0.0; 6];
        };
        inner.strings.each_mut().map(|voices| {
            voices.retain(|voice| voice.keep(now));
            voices.iter().map(|voice| voice.level(now)).fold(0.0, f32::max)
        })
    }

    /// Plays a signal of the desk: two rising tones, one level tone, or a low double.
    pub(crate) fn play_desk_sound(&self, sound: DeskSound) {
        let tones: &[Tone] = match sound {
            DeskSound::Accepted => &[Tone::new(660.0, 0.0, 0.11), Tone::new(990.0, 0.12, 0.18)],
            DeskSound::Caution => &[Tone::new(523.0, 0.0, 0.32)],
            DeskSound::Refused => &[Tone::new(196.0, 0.0, 0.16), Tone::new(165.0, 0.22, 0.3)],
        };
        let inner = self.0.borrow();
        if let Some(output) = inner.output.as_ref().filter(|_| inner.can_sound()) {
            let _ = output.play_tones(tones);
        }
    }

    fn open(&self) -> Result<Output, JsValue> {
        let context = AudioContext::new()?;
        let master = context.create_gain()?;
        let ceiling = context.create_dynamics_compressor()?;
        ceiling.threshold().set_value(-14.0);
        ceiling.knee().set_value(10.0);
        ceiling.ratio().set_value(10.0);
        ceiling.attack().set_value(0.003);
        ceiling.release().set_value(0.12);
        master.connect_with_audio_node(&ceiling)?;
        ceiling.connect_with_audio_node(&context.destination())?;
        {
            let inner = self.0.borrow();
            master.gain().set_value(inner.loudness());
        }
        let sound = Rc::downgrade(&self.0);
        let on_state = Closure::<dyn FnMut()>::new(move || {
            let Some(sound) = sound.upgrade().map(Sound) else { return };
            sound.show_state();
            // A call or the system took the loudspeaker: take it back as soon as it is given.
            if visible() {
                sound.resume();
            }
        });
        context.set_onstatechange(Some(on_state.as_ref().unchecked_ref()));
        Ok(Output { context, master, _on_state: on_state })
    }

    fn resume(&self) {
        let inner = self.0.borrow();
        let Some(output) = &inner.output else { return };
        if output.context.state() == AudioContextState::Running {
            return;
        }
        if let Ok(promise) = output.context.resume() {
            // Without a gesture a browser may refuse: the chip goes on asking for a tap.
            spawn_local(async move { drop(JsFuture::from(promise).await) });
        }
    }

    fn resume_when_visible(&self) {
        let sound = Rc::downgrade(&self.0);
        let listener = Closure::<dyn FnMut()>::new(move || {
            if let Some(sound) = sound.upgrade().map(Sound).filter(|_| visible()) {
                sound.resume();
            }
        });
        for (target, event) in [
            (document().unchecked_into::<web_sys::EventTarget>(), "visibilitychange"),
            (window().unchecked_into(), "pageshow"),
        ] {
            let listener = listener.as_ref().unchecked_ref();
            let _ = target.add_event_listener_with_callback(event, listener);
        }
        // As long as the page: there is one `Sound` per page.
        listener.forget();
    }

    fn show_state(&self) {
        let (signal, state) = {
            let inner = self.0.borrow();
            (inner.state, inner.sound_state())
        };
        if signal.try_get_untracked() != Some(state) {
            signal.try_set(state);
        }
    }

    /// Renders the wanted notes one per task, so that no touch ever waits for more than one.
    fn render_soon(&self) {
        let mut inner = self.0.borrow_mut();
        if inner.notes.rendering || inner.notes.wanted.is_empty() {
            return;
        }
        inner.notes.rendering = true;
        let sound = self.clone();
        Timeout::new(1, move || {
            {
                let mut inner = sound.0.borrow_mut();
                inner.notes.rendering = false;
                inner.notes.render_next();
            }
            sound.render_soon();
        })
        .forget();
    }
}

impl Inner {
    fn sound_state(&self) -> SoundState {
        let running = |output: &Output| output.context.state() == AudioContextState::Running;
        match &self.output {
            _ if self.refused => SoundState::Unavailable,
            Some(output) if running(output) && self.muted => SoundState::Muted,
            Some(output) if running(output) => SoundState::On,
            _ => SoundState::Locked,
        }
    }

    /// Notes given to a context that sleeps would all sound together when it wakes.
    fn can_sound(&self) -> bool {
        self.output.as_ref().is_some_and(|output| {
            output.context.state() == AudioContextState::Running
                || now() - self.unlocked_at < UNLOCKING_MS
        })
    }

    /// Whether a note sounds or will.
    fn rings(&self) -> bool {
        let now = self.output.as_ref().map(|output| output.context.current_time());
        now.is_some_and(|now| self.strings.iter().flatten().any(|voice| voice.keep(now)))
    }

    fn loudness(&self) -> f32 {
        // The ear hears ratios: squaring makes the slider's middle sound like half.
        if self.muted { 0.0 } else { HEADROOM * self.volume * self.volume }
    }

    fn apply_volume(&self) {
        if let Some(output) = &self.output {
            let time = output.context.current_time();
            let _ = output.master.gain().set_target_at_time(self.loudness(), time, 0.015);
        }
    }

    /// A glide of the volume stands still in Chromium while nothing sounds: before the first note
    /// it is ended, or that note would be heard at the former volume.
    fn end_glide(&self) {
        if let Some(output) = &self.output {
            let gain = output.master.gain();
            let _ = gain.cancel_scheduled_values(0.0);
            gain.set_value(self.loudness());
        }
    }

    fn pluck(
        &mut self,
        string: usize,
        hz: f32,
        velocity: f32,
        delay_ms: f32,
    ) -> Result<(), JsValue> {
        let sounds = self.can_sound();
        if !sounds {
            return Ok(());
        }
        if !self.rings() {
            self.end_glide();
        }
        let (Some(output), Some(voices)) = (&self.output, self.strings.get_mut(string)) else {
            return Ok(());
        };
        let context = &output.context;
        let now = context.current_time();
        let start = now + f64::from(delay_ms.max(0.0)) / 1000.0;
        let (buffer, envelope) = self.notes.buffer(hz, context)?;

        voices.retain(|voice| voice.keep(now));
        for voice in voices.iter_mut() {
            voice.give_way(start);
        }

        let source = context.create_buffer_source()?;
        source.set_buffer(Some(&buffer));
        // Notes are rendered at full strength; a softer pluck is quieter and duller.
        let filter = context.create_biquad_filter()?;
        filter.frequency().set_value((1_100.0 * 14f32.powf(velocity)).max(2.0 * hz));
        let gain = context.create_gain()?;
        let amplitude = velocity.powf(1.2);
        gain.gain().set_value(amplitude);
        source.connect_with_audio_node(&filter)?;
        filter.connect_with_audio_node(&gain)?;
        gain.connect_with_audio_node(&output.master)?;
        source.start_with_when(start)?;
        voices.push(Voice { source, gain, amplitude, start, fade: None, envelope });
        Ok(())
    }
}

impl Output {
    fn play_tones(&self, tones: &[Tone]) -> Result<(), JsValue> {
        let rate = self.context.sample_rate();
        let buffer = filled(&self.context, &mix(tones, rate), rate)?;
        let source = self.context.create_buffer_source()?;
        source.set_buffer(Some(&buffer));
        source.connect_with_audio_node(&self.master)?;
        source.start()
    }
}

impl Voice {
    /// The same string is plucked anew at a moment: this note ends there, and one that was to
    /// come later never comes.
    fn give_way(&mut self, at: f64) {
        if self.start > at {
            let _ = self.stop(0.0);
            self.fade = Some((f64::NEG_INFINITY, REPLACE));
        } else {
            self.fade(at, REPLACE);
        }
    }

    fn fade(&mut self, at: f64, constant: f64) {
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

    fn level(&self, now: f64) -> f32 {
        if now < self.start {
            return 0.0;
        }
        let step = ((now - self.start) / f64::from(STEP)) as usize;
        let ringing = self.envelope.get(step).copied().unwrap_or(0.0) * self.amplitude;
        match self.fade {
            Some((since, constant)) if now > since => {
                ringing * ((since - now) / constant).exp() as f32
            }
            _ => ringing,
        }
    }

    /// Whether it still sounds or will; lets go of its nodes otherwise.
    fn keep(&self, now: f64) -> bool {
        let rings = now < self.start + f64::from(NOTE_SECONDS)
            && self.fade.is_none_or(|(since, constant)| now < since + 9.0 * constant);
        if !rings {
            let _ = self.gain.disconnect();
        }
        rings
    }
}

/// The notes rendered so far, by pitch. A guitar has fewer than fifty.
struct Notes {
    rate: f32,
    ready: HashMap<u32, Note>,
    wanted: VecDeque<u32>,
    rendering: bool,
}

struct Note {
    samples: Vec<f32>,
    envelope: Rc<[f32]>,
    buffer: Option<AudioBuffer>,
}

impl Notes {
    fn new() -> Self {
        Self { rate: USUAL_RATE, ready: HashMap::new(), wanted: VecDeque::new(), rendering: false }
    }

    /// Forgets what was rendered for another rate, and wants it again.
    fn use_rate(&mut self, rate: f32) {
        if self.rate != rate {
            self.rate = rate;
            self.wanted.extend(self.ready.drain().map(|(pitch, _)| pitch));
        }
    }

    fn want(&mut self, hz: f32) {
        let pitch = pitch(hz);
        if !self.ready.contains_key(&pitch) && !self.wanted.contains(&pitch) {
            self.wanted.push_back(pitch);
        }
    }

    fn render_next(&mut self) {
        while let Some(pitch) = self.wanted.pop_front() {
            if !self.ready.contains_key(&pitch) {
                self.ready.insert(pitch, render(pitch, self.rate));
                return;
            }
        }
    }

    /// The note's buffer; rendered on the spot when nobody wanted it before.
    fn buffer(
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
                // The browser has its copy now.
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

fn render(pitch: u32, rate: f32) -> Note {
    let samples = synth::pluck_buffer(rate, pitch as f32 / 100.0, 1.0, NOTE_SECONDS);
    let step = ((STEP * rate) as usize).max(1);
    let level = |part: &[f32]| {
        let power: f32 = part.iter().map(|sample| sample * sample).sum();
        ((power / part.len() as f32).sqrt() / FULL_LEVEL).min(1.0)
    };
    let envelope = samples.chunks(step).map(level).collect();
    Note { samples, envelope, buffer: None }
}

fn filled(context: &AudioContext, samples: &[f32], rate: f32) -> Result<AudioBuffer, JsValue> {
    let length = u32::try_from(samples.len().max(1)).unwrap_or(1);
    let buffer = context.create_buffer(1, length, rate)?;
    buffer.copy_to_channel(samples, 0)?;
    Ok(buffer)
}

/// One tone of a desk signal, in hertz and seconds.
struct Tone {
    hz: f32,
    from: f32,
    length: f32,
}

impl Tone {
    const fn new(hz: f32, from: f32, length: f32) -> Self {
        Self { hz, from, length }
    }
}

/// Mixes tones that begin and end softly; the octave makes them carry in a noisy room.
fn mix(tones: &[Tone], rate: f32) -> Vec<f32> {
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

fn visible() -> bool {
    document().visibility_state() == web_sys::VisibilityState::Visible
}

fn now() -> f64 {
    window().performance().map_or(0.0, |performance| performance.now())
}
