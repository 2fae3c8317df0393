//! Which finger presses which string, and whether four fingers are enough.

use super::STRINGS;

const FINGERS: usize = 4;

/// The fingers for a shape, or `None` if a hand cannot hold it.
///
/// A shape without open strings is held with a barre where one is possible, because the index
/// lies on that fret anyway; a shape with open strings only when single fingers do not suffice.
pub(super) fn fingers(frets: &[Option<u8>; STRINGS]) -> Option<[Option<u8>; STRINGS]> {
    let pressed = frets.iter().flatten().filter(|&&fret| fret > 0).count();
    let has_open = frets.contains(&Some(0));
    let barre = barre(frets).map(|fret| finger_by_finger(frets, Some(fret)));
    match barre {
        Some(Some(fingers)) if !has_open || pressed > FINGERS => Some(fingers),
        _ => finger_by_finger(frets, None),
    }
}

/// The fret on which the index can lie flat: the lowest pressed one, if it presses at least two
/// strings, no muted string lies between these, and no open string lies between the first of
/// them and the edge of the neck, where the finger passes over every string.
fn barre(frets: &[Option<u8>; STRINGS]) -> Option<u8> {
    let lowest = frets.iter().flatten().copied().filter(|&fret| fret > 0).min()?;
    let from = frets.iter().position(|&fret| fret == Some(lowest))?;
    let to = frets.iter().rposition(|&fret| fret == Some(lowest))?;
    let possible =
        from < to && !frets[from..=to].contains(&None) && !frets[from..].contains(&Some(0));
    possible.then_some(lowest)
}

/// Gives out fingers from the lowest fret up and, within a fret, from the low string up. A finger
/// moves one further for each fret as long as enough remain for the strings still to come.
fn finger_by_finger(
    frets: &[Option<u8>; STRINGS],
    barre: Option<u8>,
) -> Option<[Option<u8>; STRINGS]> {
    let mut fingers = [None; STRINGS];
    let mut single = [(0u8, 0usize); STRINGS];
    let mut count = 0;
    for (string, fret) in frets.iter().enumerate() {
        match *fret {
            None | Some(0) => {}
            Some(fret) if barre == Some(fret) => fingers[string] = Some(1),
            Some(fret) => {
                single[count] = (fret, string);
                count += 1;
            }
        }
    }
    let mut used = usize::from(barre.is_some());
    if used + count > FINGERS {
        return None;
    }
    let single = &mut single[..count];
    single.sort_unstable();
    let first = barre.or(single.first().map(|&(fret, _)| fret))?;
    for (done, &(fret, string)) in single.iter().enumerate() {
        let remaining = count - done - 1;
        let natural = usize::from(fret - first) + 1;
        used = natural.min(FINGERS - remaining).max(used + 1);
        fingers[string] = u8::try_from(used).ok();
    }
    Some(fingers)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn check(shape: &str, expected: &str) {
        let frets = shape.chars().map(|c| c.to_digit(10).map(|fret| fret as u8));
        let frets: Vec<Option<u8>> = frets.collect();
        let fingers = fingers(&frets.try_into().unwrap()).map(|fingers| {
            fingers.map(|finger| finger.map_or('-', |finger| char::from(b'0' + finger)))
        });
        let text = fingers.map_or("impossible".to_owned(), |fingers| fingers.iter().collect());
        assert_eq!(text, expected, "{shape}");
    }

    #[test]
    fn open_chords_are_fingered_as_in_a_beginners_book() {
        check("320003", "21---3");
        check("x32010", "-32-1-");
        check("xx0232", "---132");
        check("xx0231", "---231");
        check("022100", "-231--");
        check("x02210", "--231-");
        check("x02220", "--123-");
        check("320001", "32---1");
        check("x32310", "-3241-");
        check("x21202", "-213-4");
    }

    #[test]
    fn barre_chords_lay_the_index_across() {
        check("133211", "134211");
        check("x24432", "-13421");
        check("x13331", "-12341");
        check("242222", "131111");
        check("xx3211", "--3211");
    }

    #[test]
    fn an_open_or_muted_string_under_the_index_forbids_the_barre() {
        check("133011", "impossible");
        check("1331x1", "impossible");
        check("222220", "impossible");
    }

    #[test]
    fn with_open_strings_a_barre_is_the_last_resort_and_only_above_them() {
        check("x02225", "--1234");
        check("052222", "-41111");
    }
}
