using System.Reflection;
using System.Runtime.CompilerServices;
using System.Xml.Linq;

namespace SidecarPatterns.Tests;

/// <summary>What the assembly shows to its users, and what it needs itself.</summary>
[TestFixture]
internal sealed class PublicSurfaceTests
{
    private const BindingFlags Declared =
        BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    private static readonly Assembly Library = typeof(ISidecar).Assembly;

    private static readonly string[] AllowedPrefixes = ["Microsoft.Extensions.", "Polly.", "System."];

    [Test]
    public void References_OfTheAssembly_AreTheFrameworkAndWhatIsAllowed() => Assert.That(
        Library.GetReferencedAssemblies().Select(static reference => reference.Name!).Where(static name => !IsAllowed(name)), Is.Empty);

    [Test]
    public void References_OfTheProject_AreWhatIsAllowedOrServeTheBuildAlone()
    {
        var project = XDocument.Load(Path.Combine(RepositoryRoot(), "src", "SidecarPatterns", "SidecarPatterns.csproj"));
        var packages = project.Descendants("PackageReference")
            .Where(static reference => (string?)reference.Attribute("PrivateAssets") != "all")
            .Select(static reference => (string)reference.Attribute("Include")!)
            .ToArray();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(packages, Is.Not.Empty);
            Assert.That(packages.Where(static name => !IsAllowed(name)), Is.Empty);
            Assert.That(project.Descendants("ProjectReference"), Is.Empty);
        }
    }

    [Test]
    public void Types_ThatArePublic_StandInTheirOneNamespace() => Assert.That(
        Library.GetExportedTypes()
            .Where(static type => type.Namespace != (ExtendsABuilderOfServices(type) ? "Microsoft.Extensions.DependencyInjection" : "SidecarPatterns")),
        Is.Empty);

    [Test]
    public void Documentation_OfEveryPublicMember_HasASummary()
    {
        var documented = XDocument.Load(Path.ChangeExtension(Library.Location, ".xml"))
            .Descendants("member")
            .Where(static member => HasSummary(member))
            .Select(static member => (string)member.Attribute("name")!)
            .ToHashSet();
        var members = Library.GetExportedTypes().SelectMany(static type => Members(type).Prepend(DocumentationId.Of(type))).ToArray();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(members, Does.Contain("M:SidecarPatterns.SidecarContext.SignalReady"));
            Assert.That(members, Does.Contain("M:SidecarPatterns.SidecarWriter`1.Publish(`0)"));
            Assert.That(members.Where(member => !documented.Contains(member)), Is.Empty);
        }
    }

    private static bool HasSummary(XElement member) =>
        member.Element("inheritdoc") is not null || !string.IsNullOrWhiteSpace(member.Element("summary")?.Value);

    // Found without a using, where services are registered.
    private static bool ExtendsABuilderOfServices(Type type) =>
        type.Name.EndsWith("ServiceCollectionExtensions", StringComparison.Ordinal) || type.Name.EndsWith("BuilderExtensions", StringComparison.Ordinal);

    private static bool IsAllowed(string name) => AllowedPrefixes.Any(prefix => name.StartsWith(prefix, StringComparison.Ordinal));

    private static string RepositoryRoot() => typeof(PublicSurfaceTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(static metadata => metadata.Key == "RepositoryRoot").Value!;

    /// <summary>What a user can see of a type and somebody has written.</summary>
    private static IEnumerable<string> Members(Type type)
    {
        var methods = type.GetMethods(Declared).Where(static method => !method.IsSpecialName && IsVisible(method) && IsWritten(method));
        var constructors = type.GetConstructors(Declared)
            .Where(static constructor => !constructor.IsStatic && IsVisible(constructor) && IsWritten(constructor) && constructor.GetParameters().Length > 0);
        var properties = type.GetProperties(Declared)
            .Where(static property => property.GetAccessors(nonPublic: true).Any(IsVisible) && IsWritten(property));
        var fields = type.GetFields(Declared).Where(static field => (field.IsPublic || field.IsFamily) && !field.IsSpecialName);
        return [
            .. methods.Select(static method => DocumentationId.Of(method)),
            .. constructors.Select(static constructor => DocumentationId.Of(constructor)),
            .. properties.Select(static property => DocumentationId.Of(property)),
            .. fields.Select(static field => DocumentationId.Of(field)),
        ];
    }

    private static bool IsVisible(MethodBase method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    private static bool IsWritten(MemberInfo member) => !member.IsDefined(typeof(CompilerGeneratedAttribute), inherit: false);
}
