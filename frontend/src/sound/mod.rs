//! The guitar in the browser: notes rendered by `synth` before they are needed, played by Web
//! Audio. A strum only schedules buffers that are ready, so it never waits for a render, and it
//! needs no worklet, which insecure origins lack.
//!
//! - [`notes`]: rendered notes by pitch
//! - [`voice`]: one pluck
//! - [`desk_sound`]: the desk's signals
//!
//! Each pluck is source → low-pass → gain → master → compressor → loudspeaker. Whatever a browser
//! refuses, the page goes on without sound and shows that it has none.

mod desk_sound;
mod notes;
mod voice;

use crate::contents::HAS_GUITAR_SOUND;
use app::browser::{DeskSound, SoundState};
use gloo_timers::callback::Timeout;
use leptos::prelude::*;
use notes::{DEFAULT_RATE, NoteCache, filled};
use std::{cell::RefCell, rc::Rc};
use voice::Voice;
use wasm_bindgen::{JsCast, JsValue, prelude::Closure};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{AudioContext, AudioContextState, GainNode};

/// The time constant, in seconds, of a hand laid on the strings: they are silent within some 40 ms.
const DAMP_SECONDS: f64 = 0.013;
/// For this long after an unlock, in milliseconds, a context that does not run yet is given notes,
/// because the first key press both unlocks the sound and strums.
const UNLOCKING_MS: f64 = 1_500.0;
/// Six strings at full strength reach the compressor at about this part of full scale.
const HEADROOM: f32 = 0.5;

/// The sound of this page.
#[derive(Clone)]
pub(crate) struct Sound(Rc<RefCell<SoundParts>>);

struct SoundParts {
    state: RwSignal<SoundState>,
    output: Option<AudioOutput>,
    /// This browser has refused to make a context.
    refused: bool,
    unlocked_at: f64,
    muted: bool,
    volume: f32,
    notes: NoteCache,
    strings: [Vec<Voice>; 6],
}

/// The context and the end of the chain.
struct AudioOutput {
    context: AudioContext,
    master: GainNode,
    /// Kept as long as the context, which calls it.
    _on_state: Closure<dyn FnMut()>,
}

impl Sound {
    pub(crate) fn new(state: RwSignal<SoundState>) -> Self {
        let sound = Self(Rc::new(RefCell::new(SoundParts {
            state,
            output: None,
            refused: false,
            unlocked_at: f64::NEG_INFINITY,
            muted: false,
            volume: 0.8,
            notes: NoteCache::new(),
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
            inner.notes.use_rate(rate.unwrap_or(DEFAULT_RATE));
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
            self.0.borrow_mut().notes.prepare(hz);
            self.render_soon();
        }
    }

    pub(crate) fn damp(&self) {
        let mut inner = self.0.borrow_mut();
        let Some(now) = inner.output.as_ref().map(|output| output.context.current_time()) else {
            return;
        };
        for voice in inner.strings.iter_mut().flatten() {
            voice.fade(now, DAMP_SECONDS);
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
        let inner = self.0.borrow();
        if let Some(output) = inner.output.as_ref().filter(|_| inner.can_sound()) {
            let _ = output.play(&desk_sound::samples(sound, output.context.sample_rate()));
        }
    }

    fn open(&self) -> Result<AudioOutput, JsValue> {
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
        Ok(AudioOutput { context, master, _on_state: on_state })
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

    /// Renders the queued notes one per task, so that a touch waits for at most one.
    fn render_soon(&self) {
        if !HAS_GUITAR_SOUND {
            return;
        }
        let mut inner = self.0.borrow_mut();
        if inner.notes.rendering || !inner.notes.has_queued() {
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

impl SoundParts {
    fn sound_state(&self) -> SoundState {
        let running = |output: &AudioOutput| output.context.state() == AudioContextState::Running;
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
        // Loudness is perceived by ratio: squaring makes the slider's middle sound like half.
        if self.muted { 0.0 } else { HEADROOM * self.volume * self.volume }
    }

    fn apply_volume(&self) {
        if let Some(output) = &self.output {
            let time = output.context.current_time();
            let _ = output.master.gain().set_target_at_time(self.loudness(), time, 0.015);
        }
    }

    /// A glide of the volume stands still in Chromium while nothing sounds: before the first note
    /// it is ended, or that note would sound at the former volume.
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

impl AudioOutput {
    /// Plays samples at once.
    fn play(&self, samples: &[f32]) -> Result<(), JsValue> {
        let rate = self.context.sample_rate();
        let buffer = filled(&self.context, samples, rate)?;
        let source = self.context.create_buffer_source()?;
        source.set_buffer(Some(&buffer));
        source.connect_with_audio_node(&self.master)?;
        source.start()
    }
}

fn visible() -> bool {
    document().visibility_state() == web_sys::VisibilityState::Visible
}

fn now() -> f64 {
    window().performance().map_or(0.0, |performance| performance.now())
}
