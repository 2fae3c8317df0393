//! The macros that find a text by its key.

/// A text in the page's language; see the crate's documentation.
#[macro_export]
macro_rules! words {
    ($namespace:ident $(. $key:ident)+) => {
        $crate::keys::$namespace $(::$key)+ .text()
    };
    ($namespace:ident $(. $key:ident)+, $($name:ident = $value:expr),+ $(,)?) => {
        $crate::keys::$namespace $(::$key)+ { $($name: &$value),+ }.text()
    };
}

/// A text without values as a function, for attributes and children of a view, which then follow a
/// change of the language. All these functions have one type, so that the client has the code
/// around them once and not once per text.
#[macro_export]
macro_rules! text {
    ($($text:tt)*) => {{
        let text: fn() -> &'static str = || $crate::words!($($text)*);
        text
    }};
}

/// A text about a number of things in the page's language; see the crate's documentation.
#[macro_export]
macro_rules! count_words {
    ($namespace:ident . $key:ident, $count:expr) => {{
        let count = $count as i64;
        let shown = $crate::format::grouped(count);
        match count {
            1 => $crate::words!($namespace.$key.one, count = shown),
            _ => $crate::words!($namespace.$key.many, count = shown),
        }
    }};
}
