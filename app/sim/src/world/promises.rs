//! What must be true in the end.

use super::World;
use crate::{
    page::Page,
    truth::{ROOM, clock_in},
};
use std::collections::BTreeMap;

impl World {
    pub(super) fn check(&self) {
        for (number, page) in self.pages.iter().enumerate() {
            for topic in &page.topics {
                let end = self.truth.log(*topic).end();
                let view = &page.views[topic];
                assert_eq!(
                    view.at.as_ref(),
                    Some(end),
                    "page {number} did not reach {topic}'s end"
                );
                assert_eq!(view.state, self.truth.state(*topic, end), "page {number} in {topic}");
            }
            if page.topics.contains(&ROOM) {
                let shown = clock_in(&page.views[&ROOM].state);
                assert_eq!(shown, self.truth.current(), "page {number}'s clock");
            }
            self.check_order(number, page);
            let waiting = page.link.figures().waiting;
            assert_eq!(
                waiting, 0,
                "page {number} waits for answers that never come: {:?}",
                page.link
            );
            assert!(page.outbox.is_empty(), "page {number} still waits for {:?}", page.outbox);
            for (id, made) in &page.made {
                let mut times = self.truth.log(made.topic).most_in_one_life(*id);
                assert!(times <= 1, "{id} was carried out {times} times");
                if made.command && made.topic == ROOM {
                    times = self.truth.steps.iter().filter(|step| *step == id).count();
                }
                if made.command {
                    assert!(made.done, "page {number}: the command {id} was never answered");
                    assert_eq!(times, 1, "the command {id} was not carried out");
                }
            }
        }
    }

    /// What a person did stands in the order in which it was done: commands for ever, notes as
    /// long as the page stayed. Where a log was lost, a note may have become an event twice.
    fn check_order(&self, number: usize, page: &Page) {
        let mut last = BTreeMap::new();
        for (id, made) in page.made.iter().filter(|(id, _)| !self.refused.contains(id)) {
            let place = match made.command && made.topic == ROOM {
                true => self.truth.steps.iter().position(|step| step == id).map(|at| at as u64),
                false => self.truth.log(made.topic).only_place(*id),
            };
            let Some(place) = place else { continue };
            let stay = (!made.command).then_some(made.stay);
            let before = last.insert((made.topic, stay), place);
            assert!(before <= Some(place), "page {number}: {id} was carried out before its turn");
        }
    }
}
