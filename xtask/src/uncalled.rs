//! Takes code out of a client that no page of it calls.
//!
//! leptos keeps the functions of a view in tables, so that neither the compiler nor `wasm-opt` can
//! see that some entries of all these tables are never called. Each such function becomes one
//! `unreachable`, and what only it has called goes with it. A call of one would be an error that
//! every test of a page finds.

use anyhow::{Result, anyhow};
use walrus::{FunctionBuilder, FunctionId, FunctionKind, Module};

/// Parts of the names of these functions, as far as nothing else can have the same code: the compiler
/// makes one function of two that are the same, and gives it the name of either.
const UNCALLED: [&str; 4] = [
    // Our pages wait for their chunk and then hydrate at once (`mount::hydrate_body`). Only
    // `mount::hydrate_lazy` hydrates piece by piece. The function itself, and its future:
    "13hydrate_async17h",
    "13hydrate_async28_$u7b$$u7b$closure$u7d$$u7d$17h",
    // Exports for the bodies of server functions that are streams; ours has none.
    "__wbg_intounderlying",
    "intounderlying",
];

/// The module without these functions. It has to have its names.
pub(crate) fn remove(wasm: &[u8]) -> Result<Vec<u8>> {
    let mut module =
        Module::from_buffer(wasm).map_err(|error| anyhow!("the client is damaged: {error:?}"))?;
    let functions: Vec<_> = module.funcs.iter_local().map(|(id, _)| id).collect();
    for function in functions {
        let name = module.funcs.get(function).name.as_deref().unwrap_or_default();
        // wasm-bindgen runs the descriptors of exports.
        if name.contains("describe") {
            continue;
        }
        if UNCALLED.iter().any(|part| name.contains(part)) {
            empty(&mut module, function);
        }
    }
    Ok(module.emit_wasm())
}

/// Replaces a function by one of the same type that only fails.
fn empty(module: &mut Module, function: FunctionId) {
    let kind = module.types.get(module.funcs.get(function).ty());
    let (takes, gives) = (kind.params().to_vec(), kind.results().to_vec());
    let arguments = takes.iter().map(|kind| module.locals.add(*kind)).collect();
    let mut builder = FunctionBuilder::new(&mut module.types, &takes, &gives);
    builder.func_body().unreachable();
    module.funcs.get_mut(function).kind = FunctionKind::Local(builder.local_func(arguments));
}
