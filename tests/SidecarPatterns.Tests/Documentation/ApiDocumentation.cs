using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace SidecarPatterns.Tests.Documentation;

/// <summary>What the XML documentation of an assembly says of its members.</summary>
internal sealed partial class ApiDocumentation(Assembly assembly)
{
    private readonly Dictionary<string, XElement> _members = XDocument.Load(Path.ChangeExtension(assembly.Location, ".xml"))
        .Descendants("member")
        .ToDictionary(static member => (string)member.Attribute("name")!);

    /// <summary>What a member has; nothing if it is not documented.</summary>
    public XElement Of(string id) => _members.GetValueOrDefault(id) ?? new XElement("member");

    /// <summary>All examples of code.</summary>
    public IEnumerable<string> Code => _members.Values.SelectMany(static member => member.Descendants("code")).Select(static code => code.Value);

    /// <summary>The names of the exceptions that a member says it throws, or that the one says whose documentation it has.</summary>
    public IEnumerable<string> ExceptionsOf(string id) => Of(id).Elements("exception")
        .Select(static exception => NameIn((string)exception.Attribute("cref")!))
        .Concat(Of(id).Elements("inheritdoc").Select(static other => (string?)other.Attribute("cref")).OfType<string>().SelectMany(ExceptionsOf));

    /// <summary>An element as its reader sees it: a reference is the name of what it leads to.</summary>
    public static string TextOf(XElement? element)
    {
        var parts = element?.DescendantNodes().Select(static node => node switch
        {
            XText text => text.Value,
            XElement reference when reference.Attribute("langword") is { } word => word.Value,
            XElement reference when reference.Attribute("cref") is { } member && reference.IsEmpty => ShortNameIn(member.Value),
            XElement parameter when parameter.Attribute("name") is { } name && parameter.IsEmpty => name.Value,
            _ => "",
        });
        return WhiteSpace().Replace(string.Concat(parts ?? []), " ").Trim();
    }

    // Without the letter that says what it is.
    private static string NameIn(string cref) => cref[2..];

    private static string ShortNameIn(string cref)
    {
        var name = cref.Split('(')[0];
        return name[(name.LastIndexOf('.') + 1)..];
    }

    [GeneratedRegex(@"\s+")]
    private static partial Regex WhiteSpace();
}
