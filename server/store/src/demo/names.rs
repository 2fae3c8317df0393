//! Invented names from many places, so that search, sorting and layout meet real letters.

/// The name of the `i`th of 200 members; all are different.
pub(super) fn name(i: usize) -> String {
    let (given, family) = PLACES[i % PLACES.len()];
    let k = i / PLACES.len();
    format!("{} {}", given[k % 10], family[(k * 3 + k / 10) % 10])
}

type Names = [&'static str; 10];

/// Given and family names that belong together.
const PLACES: [(Names, Names); 10] = [
    (
        [
            "Olivia", "Harriet", "Callum", "Imogen", "Rhys", "Freya", "Duncan", "Niamh", "Owen",
            "Tessa",
        ],
        [
            "Whitcombe",
            "MacAllister",
            "Pryce",
            "Hargreaves",
            "O'Dowd",
            "Ellery",
            "Thackeray",
            "Lockwood",
            "Finch",
            "Ashdown",
        ],
    ),
    (
        [
            "Lucía", "Mateo", "Inés", "Álvaro", "Ximena", "Joaquín", "Núria", "Andrés", "Sofía",
            "Iván",
        ],
        [
            "Ibáñez",
            "Quintana",
            "Peñalver",
            "Robles",
            "Zúñiga",
            "Cárdenas",
            "Belmonte",
            "Ferrer",
            "Montoya",
            "Olivares",
        ],
    ),
    (
        [
            "Jonas", "Annika", "Björn", "Käthe", "Lennart", "Frieda", "Søren", "Astrid",
            "Matthias", "Åsa",
        ],
        [
            "Lindqvist",
            "Brückner",
            "Østergaard",
            "Weißhaupt",
            "Kjeldsen",
            "Hölderling",
            "Nyström",
            "Vogelsang",
            "Thorvald",
            "Bergstrand",
        ],
    ),
    (
        ["Haruto", "Sakura", "Ren", "Aoi", "Kaito", "Mio", "Sota", "Yuna", "Daichi", "Emi"],
        [
            "Minamoto",
            "Hoshino",
            "Kurosaki",
            "Amano",
            "Takeda",
            "Shiraishi",
            "Okabe",
            "Fujimori",
            "Nagai",
            "Ueda",
        ],
    ),
    (
        [
            "Amara", "Chidi", "Ngozi", "Kwame", "Zola", "Tendai", "Abena", "Sipho", "Folake",
            "Jabari",
        ],
        [
            "Okonjo", "Mensima", "Adeyinka", "Nkosana", "Banda", "Eze", "Asantewa", "Mutasa",
            "Owusu", "Dlamini",
        ],
    ),
    (
        ["Priya", "Arjun", "Meera", "Rohan", "Ananya", "Vikram", "Kavya", "Ishaan", "Leela", "Dev"],
        [
            "Raghavan",
            "Chatterjee",
            "Malhotra",
            "Iyer",
            "Deshpande",
            "Banerji",
            "Kulkarni",
            "Saxena",
            "Nambiar",
            "Gill",
        ],
    ),
    (
        ["Élodie", "Baptiste", "Chloé", "Rémi", "Maëlle", "Théo", "Anaïs", "Loïc", "Zoé", "Gaël"],
        [
            "Beaumarchand",
            "Lefèvrier",
            "Garnotel",
            "D'Aubigny",
            "Marchais",
            "Rousselin",
            "Châtelet",
            "Perrinot",
            "Vasseur",
            "Delacourt",
        ],
    ),
    (
        [
            "Zofia",
            "Tomáš",
            "Agnieszka",
            "Łukasz",
            "Ludmila",
            "Bogdan",
            "Mirela",
            "Ștefan",
            "Katarína",
            "Dušan",
        ],
        [
            "Wiśniak",
            "Dvořáček",
            "Kowalczuk",
            "Ionescu-Popa",
            "Horváthy",
            "Łęczycki",
            "Petrović",
            "Novotný",
            "Szabolcs",
            "Černoch",
        ],
    ),
    (
        ["Layla", "Omar", "Yasmin", "Karim", "Noor", "Tariq", "Dalia", "Samir", "Rania", "Idris"],
        [
            "Haddadi",
            "Benslimane",
            "Al-Rashidi",
            "Khoury",
            "Mansouri",
            "Najjar",
            "Sabbagh",
            "Zaydan",
            "Farouki",
            "Tahiri",
        ],
    ),
    (
        ["Linh", "Minh", "Mei", "Jun", "Seo-yeon", "Min-jun", "Thảo", "Đức", "Xiu", "Wei"],
        ["Nguyễn", "Trần", "Zhào", "Lâm", "Baek", "Hwang", "Phạm", "Ouyang", "Seong", "Huỳnh"],
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_hundred_members_have_two_hundred_names() {
        let names: std::collections::HashSet<_> = (0..200).map(name).collect();
        assert_eq!(names.len(), 200);
    }
}
