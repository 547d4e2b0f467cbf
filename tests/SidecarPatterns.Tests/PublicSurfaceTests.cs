using System.Reflection;
using System.Runtime.CompilerServices;
using System.Xml.Linq;

namespace SidecarPatterns.Tests;

/// <summary>What the assemblies show to their users, and what they need themselves.</summary>
[TestFixture]
internal sealed class PublicSurfaceTests
{
    private const BindingFlags Declared =
        BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    private static readonly string[] AllowedPrefixes = ["Microsoft.Extensions.", "Polly.", "System."];

    [Test]
    public void References_OfTheAssembly_AreTheFrameworkAndWhatIsAllowed() => Assert.That(
        Packages.Library.GetReferencedAssemblies().Select(static reference => reference.Name!).Where(static name => !IsAllowed(name)), Is.Empty);

    [Test]
    public void References_OfTheAgents_AreTheFrameworkAndTheLibrary() => Assert.That(
        Packages.Agents.GetReferencedAssemblies().Select(static reference => reference.Name!)
            .Where(static name => name != "SidecarPatterns" && (!IsAllowed(name) || name.StartsWith("Polly", StringComparison.Ordinal))),
        Is.Empty);

    [Test]
    public void References_OfTheAgentsProject_AreTheLibraryAlone()
    {
        var project = LoadProject("SidecarPatterns.Agents");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(project.Descendants("ProjectReference").Select(static reference => (string)reference.Attribute("Include")!),
                Is.EqualTo(["../SidecarPatterns/SidecarPatterns.csproj"]));
            Assert.That(PackagesOf(project), Is.Empty);
        }
    }

    // The agents are written as a user would write them.
    [Test]
    public void Internals_OfTheAssembly_AreHiddenFromTheAgents() => Assert.That(
        Packages.Library.GetCustomAttributes<InternalsVisibleToAttribute>().Select(static friend => friend.AssemblyName),
        Is.EquivalentTo(["SidecarPatterns.Tests", "SidecarPatterns.Benchmarks"]));

    [Test]
    public void References_OfTheProject_AreWhatIsAllowedOrServeTheBuildAlone()
    {
        var project = LoadProject("SidecarPatterns");
        var packages = PackagesOf(project);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(packages, Is.Not.Empty);
            Assert.That(packages.Where(static name => !IsAllowed(name)), Is.Empty);
            Assert.That(project.Descendants("ProjectReference"), Is.Empty);
        }
    }

    [TestCaseSource(typeof(Packages), nameof(Packages.Both))]
    public void Types_ThatArePublic_StandInTheirOneNamespaceOrThatOfWhatTheyExtend(Assembly assembly) => Assert.That(
        assembly.GetExportedTypes().Where(static type => type.Namespace != NamespaceOf(type)), Is.Empty);

    [TestCaseSource(typeof(Packages), nameof(Packages.Both))]
    public void Documentation_OfEveryPublicMember_HasASummary(Assembly assembly)
    {
        var documented = XDocument.Load(Path.ChangeExtension(assembly.Location, ".xml"))
            .Descendants("member")
            .Where(static member => HasSummary(member))
            .Select(static member => (string)member.Attribute("name")!)
            .ToHashSet();
        var members = assembly.GetExportedTypes().SelectMany(static type => Members(type).Prepend(DocumentationId.Of(type))).ToArray();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(members, Does.Contain(assembly == Packages.Library ? "M:SidecarPatterns.SidecarContext.SignalReady" : "P:SidecarPatterns.LogEntry.Message"));
            Assert.That(members, Does.Contain(assembly == Packages.Library
                ? "M:SidecarPatterns.SidecarWriter`1.Publish(`0)"
                : "M:SidecarPatterns.IConfigurationAgent.RefreshAsync(System.Threading.CancellationToken)"));
            Assert.That(members.Where(member => !documented.Contains(member)), Is.Empty);
        }
    }

    private static bool HasSummary(XElement member) =>
        member.Element("inheritdoc") is not null || !string.IsNullOrWhiteSpace(member.Element("summary")?.Value);

    // Found without a using, where the application is built.
    private static string NamespaceOf(Type type) =>
        type.Name.EndsWith("ServiceCollectionExtensions", StringComparison.Ordinal) ? "Microsoft.Extensions.DependencyInjection"
        : type.Name.EndsWith("LoggingBuilderExtensions", StringComparison.Ordinal) ? "Microsoft.Extensions.Logging"
        : type.Name.EndsWith("HostApplicationBuilderExtensions", StringComparison.Ordinal) ? "Microsoft.Extensions.Hosting"
        : type.Name.EndsWith("BuilderExtensions", StringComparison.Ordinal) ? "Microsoft.Extensions.DependencyInjection"
        : "SidecarPatterns";

    private static XDocument LoadProject(string name) => XDocument.Load(Repository.PathOf($"src/{name}/{name}.csproj"));

    private static string[] PackagesOf(XDocument project) =>
    [
        .. project.Descendants("PackageReference")
            .Where(static reference => (string?)reference.Attribute("PrivateAssets") != "all")
            .Select(static reference => (string)reference.Attribute("Include")!),
    ];

    // "netstandard" is what the measurement of coverage adds: no project here refers to it.
    private static bool IsAllowed(string name) => name == "netstandard" || AllowedPrefixes.Any(prefix => name.StartsWith(prefix, StringComparison.Ordinal));

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
