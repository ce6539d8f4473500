"""The words of RDF that the term graph is written in, as IRIs."""

from __future__ import annotations

from typing import Final

from knowledge.types import LabelKind

RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS: Final = "http://www.w3.org/2000/01/rdf-schema#"
OWL: Final = "http://www.w3.org/2002/07/owl#"
XSD: Final = "http://www.w3.org/2001/XMLSchema#"
SKOS: Final = "http://www.w3.org/2004/02/skos/core#"
SKOSXL: Final = "http://www.w3.org/2008/05/skos-xl#"
DCTERMS: Final = "http://purl.org/dc/terms/"
PLB: Final = "urn:plumbline:ns#"

PREFIXES: Final = {
    "rdf": RDF,
    "rdfs": RDFS,
    "owl": OWL,
    "xsd": XSD,
    "skos": SKOS,
    "skosxl": SKOSXL,
    "dcterms": DCTERMS,
    "plb": PLB,
}

TYPE: Final = RDF + "type"
STATEMENT: Final = RDF + "Statement"
STATEMENT_SUBJECT: Final = RDF + "subject"
STATEMENT_PREDICATE: Final = RDF + "predicate"
STATEMENT_OBJECT: Final = RDF + "object"
RDFS_LABEL: Final = RDFS + "label"
DOMAIN: Final = RDFS + "domain"
RANGE: Final = RDFS + "range"
SUB_PROPERTY_OF: Final = RDFS + "subPropertyOf"
SUB_CLASS_OF: Final = RDFS + "subClassOf"
CLASS: Final = OWL + "Class"
OBJECT_PROPERTY: Final = OWL + "ObjectProperty"
DATATYPE_PROPERTY: Final = OWL + "DatatypeProperty"
FUNCTIONAL: Final = OWL + "FunctionalProperty"
SYMMETRIC: Final = OWL + "SymmetricProperty"
ASYMMETRIC: Final = OWL + "AsymmetricProperty"
TRANSITIVE: Final = OWL + "TransitiveProperty"
INVERSE_OF: Final = OWL + "inverseOf"
DEPRECATED: Final = OWL + "deprecated"
DIFFERENT_FROM: Final = OWL + "differentFrom"
CONCEPT: Final = SKOS + "Concept"
BROADER: Final = SKOS + "broader"
NARROWER: Final = SKOS + "narrower"
RELATED: Final = SKOS + "related"
DEFINITION: Final = SKOS + "definition"
NOTE: Final = SKOS + "note"
EXAMPLE: Final = SKOS + "example"
SOURCE: Final = DCTERMS + "source"
TITLE: Final = DCTERMS + "title"
IN_SCHEME: Final = SKOS + "inScheme"
TOP_CONCEPT_OF: Final = SKOS + "topConceptOf"
HAS_TOP_CONCEPT: Final = SKOS + "hasTopConcept"
CONCEPT_SCHEME: Final = SKOS + "ConceptScheme"
REPLACED_BY: Final = DCTERMS + "isReplacedBy"
LITERAL_FORM: Final = SKOSXL + "literalForm"
ACCESS: Final = PLB + "accessLabel"
COMPLETE: Final = PLB + "complete"
UNIT: Final = PLB + "unit"
PHRASE: Final = PLB + "phrase"
VALID_FROM: Final = PLB + "validFrom"
VALID_UNTIL: Final = PLB + "validUntil"

LABEL_KINDS: Final[dict[str, LabelKind]] = {
    SKOS + "prefLabel": "preferred",
    SKOS + "altLabel": "alternative",
    SKOS + "hiddenLabel": "hidden",
    PLB + "deprecatedLabel": "deprecated",
    PLB + "forbiddenLabel": "forbidden",
}
"""Which kind of label a property gives, in the order in which a concept lists them."""

EXACT: Final = {PLB + "exactCase": "case", PLB + "exactNumber": "number", PLB + "exactSpacing": "spacing"}
"""Statements that name a label of their subject which is only meant when it is written just so."""

XL_LABEL_KINDS: Final[dict[str, LabelKind]] = {
    SKOSXL + "prefLabel": "preferred",
    SKOSXL + "altLabel": "alternative",
    SKOSXL + "hiddenLabel": "hidden",
}

PROPERTY_TYPES: Final = frozenset({OBJECT_PROPERTY, DATATYPE_PROPERTY, FUNCTIONAL, SYMMETRIC, ASYMMETRIC, TRANSITIVE})
