//! Takes functions that never run out of a client. Tables of function pointers name them, so the
//! compiler must keep them.

use std::collections::BTreeSet;

use anyhow::{Result, anyhow, bail, ensure};
use walrus::ir::{Call, Visitor, dfs_in_order};
use walrus::{FunctionBuilder, FunctionId, FunctionKind, LocalFunction, Module};

/// Parts of function names, in lower case. A function with one of them never runs; closures and drops
/// of futures contain the name of the function that made them.
const UNUSED_NAME_PARTS: [&str; 3] = [
    // Asynchronous hydration: each view points to its own, but it starts only from
    // `leptos::mount::hydrate_from_async`, and our pages are hydrated by `hydrate_body`.
    "hydrate_async",
    "new_with_async_value",
    // Streams made in Rust, whose exports `short_names` removes.
    "intounderlying",
];

/// The only function from which asynchronous hydration starts, through a table.
const ASYNC_HYDRATION_START: &str = "hydrate_from_async";

/// The module with a trap in the place of each unused function, and how many they were. `wasm` still
/// has its name section. Fails if asynchronous hydration can start, or if another function of the module
/// calls an unused one directly; calls through tables are not seen.
pub(crate) fn remove(wasm: &[u8]) -> Result<(Vec<u8>, usize)> {
    let mut module =
        Module::from_buffer(wasm).map_err(|error| anyhow!("the client is damaged: {error:?}"))?;
    // A chunk imports some of them from the main module.
    let mut unused = BTreeSet::new();
    for function in module.funcs.iter() {
        let name = name(&module, function.id()).to_ascii_lowercase();
        ensure!(!name.contains(ASYNC_HYDRATION_START), "{name} starts what is removed here");
        if UNUSED_NAME_PARTS.iter().any(|part| name.contains(part)) {
            unused.insert(function.id());
        }
    }
    for (caller, function) in module.funcs.iter_local().filter(|(id, _)| !unused.contains(id)) {
        if let Some(called) = callees(function).intersection(&unused).next() {
            bail!("{} calls {}", name(&module, caller), name(&module, *called));
        }
    }
    let mut removed = 0;
    for id in unused {
        let function = module.funcs.get(id);
        if !matches!(function.kind, FunctionKind::Local(_)) {
            continue;
        }
        let ty = module.types.get(function.ty()).clone();
        let args = ty.params().iter().map(|param| module.locals.add(*param)).collect();
        let mut trap = FunctionBuilder::new(&mut module.types, ty.params(), ty.results());
        trap.func_body().unreachable();
        module.funcs.get_mut(id).kind = FunctionKind::Local(trap.local_func(args));
        removed += 1;
    }
    Ok((module.emit_wasm(), removed))
}

fn name(module: &Module, id: FunctionId) -> &str {
    module.funcs.get(id).name.as_deref().unwrap_or_default()
}

/// The functions that a function calls directly.
fn callees(function: &LocalFunction) -> BTreeSet<FunctionId> {
    struct Callees(BTreeSet<FunctionId>);

    impl<'module> Visitor<'module> for Callees {
        fn visit_call(&mut self, call: &Call) {
            self.0.insert(call.func);
        }
    }

    let mut callees = Callees(BTreeSet::new());
    dfs_in_order(&mut callees, function, function.entry_block());
    callees.0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A module with a function of each name, which calls the one before it if `calls` says so.
    fn module(names: &[&str], calls: bool) -> Vec<u8> {
        let mut module = Module::default();
        let mut before = None;
        for name in names {
            let mut function = FunctionBuilder::new(&mut module.types, &[], &[]);
            function.name((*name).to_owned());
            if let Some(before) = before.filter(|_| calls) {
                function.func_body().call(before);
            }
            before = Some(function.finish(Vec::new(), &mut module.funcs));
        }
        module.emit_wasm()
    }

    fn is_trap(module: &Module, id: FunctionId) -> bool {
        let FunctionKind::Local(function) = &module.funcs.get(id).kind else { return false };
        let mut instructions = function.block(function.entry_block()).instrs.iter();
        instructions.any(|(instruction, _)| instruction.is_unreachable())
    }

    #[test]
    fn a_function_that_never_runs_becomes_a_trap_and_the_others_stay() -> Result<()> {
        let names =
            ["view::hydrate", "view::hydrate_async::{closure}", "IntoUnderlyingSink::write"];
        let (less, removed) = remove(&module(&names, false))?;
        assert_eq!(removed, 2);
        let less = Module::from_buffer(&less).map_err(|error| anyhow!("{error:?}"))?;
        let traps: Vec<_> =
            less.funcs.iter().map(|function| is_trap(&less, function.id())).collect();
        assert_eq!(traps.iter().filter(|is_trap| **is_trap).count(), 2);
        let stays = less.funcs.iter().find(|function| function.name.as_deref() == Some(names[0]));
        assert!(stays.is_some_and(|function| !is_trap(&less, function.id())));
        Ok(())
    }

    #[test]
    fn a_function_that_is_called_is_refused_and_so_is_a_start_of_asynchronous_hydration() {
        assert!(remove(&module(&["view::hydrate_async", "page"], true)).is_err());
        assert!(remove(&module(&["page", "view::hydrate_async"], true)).is_ok());
        assert!(remove(&module(&["leptos::mount::hydrate_from_async"], false)).is_err());
    }
}
