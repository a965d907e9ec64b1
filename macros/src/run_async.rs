//! `async fn f(…) -> T { … }` becomes `fn f(…) -> T { run_async(async move { … }) }`.
//!
//! By hand and without a parser: only the head of the function is looked at.

use proc_macro::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};

pub(crate) fn expand(arguments: &TokenStream, function: TokenStream) -> TokenStream {
    if !arguments.is_empty() {
        return error("`#[beacon::run_async]` takes no arguments");
    }
    let mut tokens: Vec<TokenTree> = function.into_iter().collect();
    let Some(TokenTree::Group(body)) = tokens.pop() else { return error(EXPECTED) };
    if body.delimiter() != Delimiter::Brace {
        return error(EXPECTED);
    }
    let fn_at = tokens.iter().position(|token| is_word(token, "fn"));
    let head = fn_at.and_then(|at| tokens.get(..at)).unwrap_or_default();
    let Some(async_at) = head.iter().position(|token| is_word(token, "async")) else {
        return error(EXPECTED);
    };
    let output = output_type(&tokens);
    tokens.remove(async_at);

    let mut block = TokenStream::new();
    block.extend(output.map(|output| annotation(&output)).unwrap_or_default());
    block.extend(body.stream());
    let mut future = parse("async move");
    future.extend([TokenTree::from(spanned(Delimiter::Brace, block, body.span()))]);
    let mut call = parse("::beacon::task::run_async");
    call.extend([TokenTree::from(spanned(Delimiter::Parenthesis, future, body.span()))]);
    tokens.push(TokenTree::from(spanned(Delimiter::Brace, call, body.span())));
    tokens.into_iter().collect()
}

/// The type that the function returns, if it says so and the type can be named.
fn output_type(tokens: &[TokenTree]) -> Option<TokenStream> {
    let mut rest = tokens.iter().skip_while(|token| !is_word(token, "fn"));
    // Up to the parameters: generics are no group, and may hold arrows and parentheses.
    let mut depth = 0_i32;
    let mut is_dash = false;
    rest.find(|token| {
        match token {
            TokenTree::Punct(punct) if punct.as_char() == '<' => depth = depth.saturating_add(1),
            TokenTree::Punct(punct) if punct.as_char() == '>' && !is_dash => {
                depth = depth.saturating_sub(1);
            }
            _ => {}
        }
        is_dash = matches!(token, TokenTree::Punct(punct) if punct.as_char() == '-');
        let is_parameters =
            matches!(token, TokenTree::Group(g) if g.delimiter() == Delimiter::Parenthesis);
        depth == 0 && is_parameters
    })?;
    let output: Vec<TokenTree> =
        rest.skip(2).take_while(|token| !is_word(token, "where")).cloned().collect();
    let is_named = !output.iter().any(has_impl);
    (is_named && !output.is_empty()).then(|| output.into_iter().collect())
}

fn has_impl(token: &TokenTree) -> bool {
    match token {
        TokenTree::Group(group) => group.stream().into_iter().any(|token| has_impl(&token)),
        token => is_word(token, "impl"),
    }
}

/// Tells the compiler the type of the block, which `?` in it needs to know. Never runs.
fn annotation(output: &TokenStream) -> TokenStream {
    let mut statement = parse(
        "#[allow(clippy::all, clippy::pedantic, clippy::restriction, unreachable_code, unused)]
         if false",
    );
    let mut inner = parse("let output:");
    inner.extend(output.clone());
    inner.extend(parse("= loop {}; return output;"));
    statement.extend([TokenTree::from(Group::new(Delimiter::Brace, inner))]);
    statement
}

fn is_word(token: &TokenTree, word: &str) -> bool {
    matches!(token, TokenTree::Ident(ident) if ident.to_string() == word)
}

fn spanned(delimiter: Delimiter, stream: TokenStream, span: Span) -> Group {
    let mut group = Group::new(delimiter, stream);
    group.set_span(span);
    group
}

/// Tokens of a text of this file.
fn parse(text: &str) -> TokenStream {
    text.parse()
        .unwrap_or_else(|_| TokenStream::from(TokenTree::from(Ident::new("_", Span::call_site()))))
}

fn error(message: &str) -> TokenStream {
    parse(&format!("::core::compile_error!({message:?});"))
}

const EXPECTED: &str = "`#[beacon::run_async]` expects an `async fn` with a body";
