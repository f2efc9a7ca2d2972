//! The TwiML parser, and the check of documents against Twilio's documentation.

mod element;
mod table;

pub use element::Element;
pub(crate) use table::reaches_stream;

use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};
use url::Url;

/// Parses a document, and returns its verbs in order.
///
/// # Errors
/// A description of the error in the XML or its root element. Twilio reports error 12100 for such a document.
pub fn parse(document: &str) -> Result<Vec<Element>, String> {
    let mut reader = Reader::from_str(document);
    let mut open: Vec<Element> = Vec::new();
    let mut root = None;
    loop {
        match reader.read_event().map_err(|error| error.to_string())? {
            Event::Start(start) => open.push(element(&start)?),
            Event::Empty(start) => close(element(&start)?, &mut open, &mut root)?,
            Event::End(_) => {
                let element = open.pop().ok_or("an element ends that did not begin")?;
                close(element, &mut open, &mut root)?;
            }
            Event::Text(text) => add_text(&mut open, &text.xml_content(XmlVersion::Implicit1_0)),
            Event::CData(text) => add_text(&mut open, &text.xml_content(XmlVersion::Implicit1_0)),
            Event::GeneralRef(reference) => {
                let entity = format!("&{};", &*reference);
                add_text(&mut open, &quick_xml::escape::unescape(&entity).map_err(|error| error.to_string())?);
            }
            Event::Eof => break,
            Event::Decl(_) | Event::Comment(_) | Event::DocType(_) | Event::PI(_) => {}
        }
    }
    if !open.is_empty() {
        return Err("the document breaks off".into());
    }
    let mut root = root.ok_or("the document is empty")?;
    if root.name != "Response" {
        return Err(format!("<{}> where <Response> must be", root.name));
    }
    root.children.iter_mut().for_each(trim);
    Ok(root.children)
}

/// Returns the errors, by Twilio's documentation, in a document that was requested from `url`; an empty list if the
/// document is valid.
pub fn check(verbs: &[Element], url: &Url) -> Vec<String> {
    let mut wrong = Vec::new();
    for (place, verb) in verbs.iter().enumerate() {
        table::check(verb, None, url, &mut wrong);
        let ends = matches!(verb.name.as_str(), "Hangup" | "Redirect" | "Reject");
        if ends && place + 1 < verbs.len() {
            wrong.push(format!("<{}> is never reached after <{}>", verbs[place + 1].name, verb.name));
        }
    }
    wrong
}

fn element(start: &BytesStart<'_>) -> Result<Element, String> {
    let mut attributes = Vec::new();
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|error| error.to_string())?;
        let value = attribute.normalized_value(XmlVersion::Implicit1_0).map_err(|error| error.to_string())?;
        attributes.push((attribute.key.as_ref().to_owned(), value.into_owned()));
    }
    Ok(Element { name: start.name().as_ref().to_owned(), attributes, ..Element::default() })
}

fn close(element: Element, open: &mut [Element], root: &mut Option<Element>) -> Result<(), String> {
    match open.last_mut() {
        Some(parent) => parent.children.push(element),
        None if root.is_none() => *root = Some(element),
        None => return Err("more than one outermost element".into()),
    }
    Ok(())
}

fn add_text(open: &mut [Element], text: &str) {
    if let Some(element) = open.last_mut() {
        element.text.push_str(text);
    }
}

fn trim(element: &mut Element) {
    element.text = element.text.trim().to_owned();
    element.children.iter_mut().for_each(trim);
}

#[cfg(test)]
mod tests;
