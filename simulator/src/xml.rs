//! The answers as small trees of elements, so that a fault can take one out or put text in.

use std::io;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

use crate::error::ApiError;
use crate::service::Service;

/// One element.
#[derive(Debug, Clone)]
pub(crate) struct Element {
    name: String,
    content: Content,
}

#[derive(Debug, Clone)]
enum Content {
    Text(String),
    Raw(String),
    Children(Vec<Element>),
}

impl Element {
    /// An element that holds text, escaped when it is written.
    pub(crate) fn text(name: &str, text: impl Into<String>) -> Self {
        Self { name: name.to_owned(), content: Content::Text(text.into()) }
    }

    /// An element that holds elements.
    pub(crate) fn parent(name: &str, children: Vec<Element>) -> Self {
        Self { name: name.to_owned(), content: Content::Children(children) }
    }

    /// An element whose content is written as it is.
    pub(crate) fn raw(name: &str, raw: &str) -> Self {
        Self { name: name.to_owned(), content: Content::Raw(raw.to_owned()) }
    }

    /// Its name.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Whether it is a listing, whatever is in it.
    pub(crate) fn is_listing(&self) -> bool {
        match &self.content {
            Content::Children(all) => all.iter().all(|child| child.name == "item"),
            Content::Text(_) | Content::Raw(_) => false,
        }
    }

    /// The elements that it holds.
    pub(crate) fn children_mut(&mut self) -> &mut [Self] {
        match &mut self.content {
            Content::Children(all) => all,
            Content::Text(_) | Content::Raw(_) => &mut [],
        }
    }

    /// Takes out every element of these names, at any depth.
    pub(crate) fn omit(&mut self, names: &[String]) {
        if let Content::Children(children) = &mut self.content {
            children.retain(|child| !names.contains(&child.name));
            for child in children {
                child.omit(names);
            }
        }
    }

    /// Replaces the content of the first element of this name, or adds one, with text that is
    /// written as it is.
    pub(crate) fn put_raw(&mut self, name: &str, raw: &str) {
        if !self.replace_raw(name, raw)
            && let Content::Children(children) = &mut self.content
        {
            children.push(Self::raw(name, raw));
        }
    }

    fn replace_raw(&mut self, name: &str, raw: &str) -> bool {
        if self.name == name {
            self.content = Content::Raw(raw.to_owned());
            return true;
        }
        match &mut self.content {
            Content::Children(children) => {
                children.iter_mut().any(|child| child.replace_raw(name, raw))
            }
            Content::Text(_) | Content::Raw(_) => false,
        }
    }

    fn write(&self, to: &mut Writer<Vec<u8>>) -> io::Result<()> {
        to.write_event(Event::Start(BytesStart::new(self.name.as_str())))?;
        self.write_content(to)?;
        to.write_event(Event::End(BytesEnd::new(self.name.as_str())))
    }

    fn write_content(&self, to: &mut Writer<Vec<u8>>) -> io::Result<()> {
        match &self.content {
            Content::Text(text) => to.write_event(Event::Text(BytesText::new(text))),
            Content::Raw(raw) => to.write_event(Event::Text(BytesText::from_escaped(raw.as_str()))),
            Content::Children(children) => children.iter().try_for_each(|child| child.write(to)),
        }
    }
}

/// A successful answer of `action`.
pub(crate) fn response(
    service: Service,
    action: &str,
    request_id: &str,
    children: Vec<Element>,
) -> Vec<u8> {
    let all = match service {
        Service::Ec2 => {
            let mut all = vec![Element::text("requestId", request_id)];
            all.extend(children);
            all
        }
        Service::Sts => {
            let id = Element::text("RequestId", request_id);
            vec![
                Element::parent(&format!("{action}Result"), children),
                Element::parent("ResponseMetadata", vec![id]),
            ]
        }
    };
    document(&Element::parent(&format!("{action}Response"), all), Some(service.namespace()))
}

/// An error answer.
pub(crate) fn error(service: Service, error: &ApiError, request_id: &str) -> Vec<u8> {
    let code = Element::text("Code", &*error.code);
    let message = Element::text("Message", error.message.as_str());
    match service {
        Service::Ec2 => {
            let error = Element::parent("Error", vec![code, message]);
            let errors = Element::parent("Errors", vec![error]);
            let all = vec![errors, Element::text("RequestID", request_id)];
            document(&Element::parent("Response", all), None)
        }
        Service::Sts => {
            let side = if error.status < 500 { "Sender" } else { "Receiver" };
            let error = Element::parent("Error", vec![Element::text("Type", side), code, message]);
            let all = vec![error, Element::text("RequestId", request_id)];
            document(&Element::parent("ErrorResponse", all), Some(service.namespace()))
        }
    }
}

fn document(root: &Element, namespace: Option<&str>) -> Vec<u8> {
    let mut writer = Writer::new(Vec::new());
    // Writing to memory does not fail.
    let _ = write_document(&mut writer, root, namespace);
    writer.into_inner()
}

fn write_document(
    to: &mut Writer<Vec<u8>>,
    root: &Element,
    namespace: Option<&str>,
) -> io::Result<()> {
    to.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    to.get_mut().push(b'\n');
    let mut start = BytesStart::new(root.name.as_str());
    if let Some(namespace) = namespace {
        start.push_attribute(("xmlns", namespace));
    }
    to.write_event(Event::Start(start))?;
    root.write_content(to)?;
    to.write_event(Event::End(BytesEnd::new(root.name.as_str())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: Vec<u8>) -> String {
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn an_error_has_the_form_of_its_service() {
        let wrong = ApiError::new("InvalidAction", "a < b");
        assert_eq!(
            text(error(Service::Sts, &wrong, "r-1")),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\
             <Error><Type>Sender</Type><Code>InvalidAction</Code>\
             <Message>a &lt; b</Message></Error><RequestId>r-1</RequestId></ErrorResponse>"
        );
        assert_eq!(
            text(error(Service::Ec2, &wrong, "r-1")),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Response><Errors><Error>\
             <Code>InvalidAction</Code><Message>a &lt; b</Message></Error></Errors>\
             <RequestID>r-1</RequestID></Response>"
        );
    }

    #[test]
    fn elements_can_be_taken_out_and_raw_text_put_in() {
        let mut item = Element::parent(
            "item",
            vec![
                Element::text("amiId", "ami-1"),
                Element::parent("storage", vec![Element::text("bucket", "b")]),
            ],
        );
        item.omit(&["bucket".to_owned()]);
        item.put_raw("amiId", "&#xD800;");
        item.put_raw("extra", "<x/>");
        assert_eq!(
            text(response(Service::Ec2, "Do", "r-1", vec![item])),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <DoResponse xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\">\
             <requestId>r-1</requestId><item><amiId>&#xD800;</amiId><storage></storage>\
             <extra><x/></extra></item></DoResponse>"
        );
    }
}
