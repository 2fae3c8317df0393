//! What sounds and vibrates: the hand's notes to the browser's sound, and the sound's own
//! envelopes back to the strings on the screen.

use super::chords::Chords;
use crate::{
    browser::{BrowserHandle, use_browser},
    guitar::hand::Hand,
};
use leptos::{prelude::*, svg, web_sys::Element};
use logic::music::{STRINGS, voicing};
use protocol::guitar::Strum;

/// How many bars the meter has.
pub(super) const BARS: usize = 40;
/// The meter moves on once in so many frames.
const FRAMES_PER_BAR: u32 = 2;
/// Below this level a string is still.
const STILL: f32 = 0.004;
/// The width of a loud string's vibration, in units of the neck's drawing.
const WIDTH: f32 = 18.0;
/// After the last sound the loop runs on for so many frames, until the meter is empty.
const AFTERGLOW: u32 = BARS as u32 * FRAMES_PER_BAR;

/// The instrument of the stage.
#[derive(Clone)]
pub(super) struct Instrument {
    browser: BrowserHandle,
    hand: StoredValue<Option<Memo<Hand>>>,
    /// The vibrating part of each string, and the meter's bars.
    pub(super) strings: [NodeRef<svg::G>; STRINGS],
    pub(super) bars: NodeRef<svg::G>,
    /// Counts strums, so that the page can show each.
    pub(super) strums: RwSignal<u32>,
    frames: StoredValue<Frames>,
}

/// The state of the drawing loop.
#[derive(Debug, Clone, Default)]
struct Frames {
    running: bool,
    quiet: u32,
    count: u32,
    history: Vec<f32>,
}

impl Instrument {
    pub(super) fn new() -> Self {
        Self {
            browser: use_browser(),
            hand: StoredValue::new(None),
            strings: std::array::from_fn(|_| NodeRef::new()),
            bars: NodeRef::new(),
            strums: RwSignal::new(0),
            frames: StoredValue::new(Frames::default()),
        }
    }

    /// The hand whose notes are played.
    pub(super) fn hold(&self, hand: Memo<Hand>) {
        self.hand.set_value(Some(hand));
    }

    /// Has the notes rendered before they are played: those of the hand first, then those of the
    /// key's other chords.
    pub(super) fn prepare(&self, hand: Memo<Hand>, chords: Memo<Chords>) {
        let browser = self.browser.clone();
        let ready = move |hand: &Hand| {
            browser.with(|browser| {
                for (string, hz) in hand.pitches() {
                    // A pluck at velocity 0 is silent; it renders the note ahead of time.
                    browser.pluck(string, hz, 0.0, 0.0);
                }
            });
        };
        Effect::new({
            let ready = ready.clone();
            move |_| hand.with(&ready)
        });
        Effect::new(move |_| {
            for pad in chords.get().0 {
                let (chord, voicing) = (Some(pad.chord), voicing(pad.chord));
                ready(&Hand { chord, name: String::new(), voicing });
            }
        });
    }

    /// Plays a strum over the hand.
    pub(super) fn sound(&self, strum: &Strum) {
        let hand = self.hand.try_get_value().flatten();
        let Some(plucks) = hand.and_then(|hand| hand.try_with_untracked(|h| h.plucks(strum)))
        else {
            return;
        };
        self.browser.with(|browser| {
            for pluck in plucks {
                browser.pluck(pluck.string, pluck.hz, pluck.velocity, pluck.delay_ms);
            }
        });
        self.strums.try_update(|strums| *strums = strums.wrapping_add(1));
        self.wake();
    }

    /// Lays a hand on the strings.
    pub(super) fn damp(&self) {
        self.browser.with(|browser| browser.damp());
    }

    /// Starts the drawing loop; it ends by itself when everything is still.
    fn wake(&self) {
        let start = self.frames.try_update_value(|frames| {
            frames.quiet = 0;
            !std::mem::replace(&mut frames.running, true)
        });
        if start == Some(true) {
            self.clone().next_frame();
        }
    }

    fn next_frame(self) {
        request_animation_frame(move || {
            if self.draw() {
                self.next_frame();
            }
        });
    }

    /// Draws one frame; false when there is nothing more to draw.
    fn draw(&self) -> bool {
        let levels = self.browser.with(|browser| browser.levels()).unwrap_or_default();
        let loudest = levels.iter().copied().fold(0.0, f32::max);
        let drawn = self.frames.try_update_value(|frames| {
            frames.count = frames.count.wrapping_add(1);
            frames.quiet = if loudest > STILL { 0 } else { frames.quiet + 1 };
            frames.running = frames.quiet < AFTERGLOW;
            if frames.count.is_multiple_of(FRAMES_PER_BAR) {
                frames.history.truncate(BARS - 1);
                frames.history.insert(0, loudest);
            }
            (frames.count, frames.running, frames.history.clone())
        });
        // The page is gone.
        let Some((count, running, history)) = drawn else { return false };
        for (string, level) in self.strings.iter().zip(levels) {
            if let Some(string) = string.try_get_untracked().flatten() {
                vibrate(&string, level, count);
            }
        }
        if let Some(bars) = self.bars.try_get_untracked().flatten() {
            show(&bars, &history);
        }
        running
    }
}

/// A string swings to and fro between two frames; the eye sees both.
fn vibrate(string: &Element, level: f32, frame: u32) {
    let level = if level < STILL { 0.0 } else { level };
    let side = if frame.is_multiple_of(2) { 1.0 } else { -0.82 };
    let width = WIDTH * level.powf(0.6) * side;
    // A refused attribute leaves one frame as it was.
    let _ = string.set_attribute("transform", &format!("scale(1 {width:.2})"));
    let _ = string.set_attribute("opacity", &format!("{:.2}", level.powf(0.4)));
}

fn show(bars: &Element, history: &[f32]) {
    let children = bars.children();
    for (place, level) in history.iter().enumerate() {
        if let Some(bar) = children.item(place as u32) {
            let height = (level.powf(0.7) * 12.0).max(1.0);
            let x = place * 9;
            let _ =
                bar.set_attribute("transform", &format!("translate({x} 14) scale(1 {height:.1})"));
        }
    }
}
